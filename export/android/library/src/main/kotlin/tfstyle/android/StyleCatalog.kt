package tfstyle.android

import android.content.res.AssetManager
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import java.io.FileNotFoundException
import org.json.JSONException
import org.json.JSONObject

/**
 * The styles of an app: what `tfstyle export STYLE --android app/src/main` wrote into its assets.
 *
 * @property styles in the order of the command.
 * @property credits of the paintings, as text, for a screen of licences.
 */
public class StyleCatalog
private constructor(public val styles: List<Style>, public val credits: String) {
    /** Finds a style by its name in the zoo. */
    public operator fun get(name: String): Style =
        requireNotNull(styles.find { it.name == name }) {
            "The app has no style $name. It has: ${styles.joinToString { it.name }}"
        }

    /**
     * One style.
     *
     * @property name in the zoo.
     * @property title of the painting.
     * @property artist who painted it; empty if unknown, as are year and rights.
     * @property bytes of the model file.
     * @property size the network's only height and width, or null if they are free.
     * @property model path in the assets.
     * @property painting path of a thumbnail in the assets.
     */
    public data class Style(
        val name: String,
        val title: String,
        val artist: String,
        val year: String,
        val rights: String,
        val bytes: Long,
        val size: ModelFacts.Size?,
        val model: String,
        val painting: String,
        private val goldenPicture: String,
    ) {
        /** One line for a list: title, artist and year. */
        public val credit: String
            get() = listOf(title, artist, year).filter { it.isNotEmpty() }.joinToString(", ")

        /** Reads the golden pictures: the painting, painted in its own style. */
        public fun golden(assets: AssetManager): Golden =
            Golden(decode(assets, painting), decode(assets, goldenPicture))
    }

    public companion object {
        /**
         * Reads the catalogue.
         *
         * @param folder in the assets.
         * @throws IllegalArgumentException if it is missing or damaged.
         */
        public fun open(assets: AssetManager, folder: String = "tfstyle"): StyleCatalog =
            try {
                val json = JSONObject(text(assets, "$folder/catalog.json"))
                val list = json.getJSONArray("styles")
                StyleCatalog(
                    List(list.length()) { style(list.getJSONObject(it), folder) },
                    text(assets, "$folder/${json.getString("credits")}"),
                )
            } catch (error: FileNotFoundException) {
                throw IllegalArgumentException(
                    "The assets have no $folder/catalog.json. " +
                        "Write it with: tfstyle export STYLE --android app/src/main",
                    error,
                )
            } catch (error: JSONException) {
                throw IllegalArgumentException("$folder/catalog.json is damaged: $error", error)
            }

        private fun style(json: JSONObject, folder: String): Style {
            val sides = json.optJSONArray("size")
            return Style(
                name = json.getString("name"),
                title = json.getString("title"),
                artist = json.getString("artist"),
                year = json.getString("year"),
                rights = json.getString("rights"),
                bytes = json.getLong("bytes"),
                size = sides?.let { ModelFacts.Size(it.getInt(0), it.getInt(1)) },
                model = "$folder/${json.getString("model")}",
                painting = "$folder/${json.getString("painting")}",
                goldenPicture = "$folder/${json.getString("golden")}",
            )
        }

        private fun text(assets: AssetManager, path: String): String =
            assets.open(path).use { it.readBytes().decodeToString() }

        private fun decode(assets: AssetManager, path: String): Bitmap =
            requireNotNull(assets.open(path).use { BitmapFactory.decodeStream(it) }) {
                "$path is damaged: export the styles again."
            }
    }
}
