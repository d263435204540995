package tfstyle.android

import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.math.max
import kotlin.math.min
import kotlin.math.round
import org.json.JSONException
import org.json.JSONObject

/**
 * What a model file of `tfstyle export` says of itself.
 *
 * @property name the style's title.
 * @property size the only size that the network takes, or null if any multiple fits.
 * @property multiple height and width are multiples of it.
 * @property minimum the least height and width.
 */
public data class ModelFacts(
    val name: String,
    val size: Size?,
    val multiple: Int,
    val minimum: Int,
) {
    /** Pixels, in the order of the network's axes. */
    public data class Size(val height: Int, val width: Int)

    /** The width and height at which a photograph is painted: inside a fixed size, or its own. */
    internal fun fitted(width: Int, height: Int, longestSide: Int): Pair<Int, Int> {
        val factor =
            if (size == null) min(1.0, longestSide / max(width, height).toDouble())
            else min(size.width / width.toDouble(), size.height / height.toDouble())
        fun scaled(side: Int) = max(1, round(side * factor).toInt())
        return scaled(width) to scaled(height)
    }

    /** The width and height of the network's image for a photograph of [fitted] size. */
    internal fun grown(width: Int, height: Int): Pair<Int, Int> {
        fun grown(side: Int) = max(minimum, (side + multiple - 1) / multiple * multiple)
        return if (size == null) grown(width) to grown(height) else size.width to size.height
    }

    public companion object {
        private const val ENTRY = "tfstyle"

        /**
         * Reads the facts from a model file.
         *
         * @throws IllegalArgumentException if it is no TFLite file, is damaged, was not written by
         *   `tfstyle export`, or takes noise beside the photograph.
         */
        public fun read(model: ByteBuffer): ModelFacts {
            val file = model.duplicate().order(ByteOrder.LITTLE_ENDIAN)
            // Bytes 4 to 7 of a flatbuffer say what it is.
            require(file.limit() >= 8 && String(file.bytes(4, 4)) == "TFL3") {
                "The model is not a TFLite file. Write one with: tfstyle export STYLE"
            }
            val json =
                try {
                    metadata(file)
                } catch (error: RuntimeException) { // offsets that lead out of the file
                    throw IllegalArgumentException("The model is damaged: export it again.", error)
                }
            requireNotNull(json) { "The model has no metadata of tfstyle: export it with tfstyle." }
            return try {
                parse(JSONObject(json))
            } catch (error: JSONException) {
                throw IllegalArgumentException("The model is damaged: export it again.", error)
            }
        }

        private fun parse(json: JSONObject): ModelFacts {
            require(json.getJSONArray("noise").length() == 0) {
                "The model takes noise beside the photograph. Export it with --seed 0."
            }
            val sides = json.optJSONArray("size")
            return ModelFacts(
                name = json.getString("name"),
                size = sides?.let { Size(height = it.getInt(0), width = it.getInt(1)) },
                multiple = json.getInt("multiple"),
                minimum = json.getInt("minimum"),
            )
        }

        // The few tables of TensorFlow Lite's schema on the way to the metadata; numbers are
        // those of its fields, in the order in which schema.fbs declares them.
        private fun metadata(file: ByteBuffer): String? {
            val root = Table(file, file.getInt(0))
            val entry = root.tables(field = 6).find { it.text(field = 0) == ENTRY } ?: return null
            val buffer = root.tables(field = 4)[entry.number(field = 1)]
            return buffer.text(field = 0)
        }
    }

    /** A table of a flatbuffer: it begins with the distance to the list of its fields' places. */
    private class Table(private val file: ByteBuffer, private val start: Int) {
        private fun place(field: Int): Int? {
            val fields = start - file.getInt(start)
            val entry = 4 + 2 * field
            if (entry >= file.getShort(fields)) return null
            return file.getShort(fields + entry).toInt().takeIf { it != 0 }?.let { start + it }
        }

        private fun follow(place: Int) = place + file.getInt(place)

        fun number(field: Int): Int = place(field)?.let { file.getInt(it) } ?: 0

        fun text(field: Int): String? =
            place(field)?.let(::follow)?.let { String(file.bytes(it + 4, file.getInt(it))) }

        fun tables(field: Int): List<Table> {
            val list = place(field)?.let(::follow) ?: return emptyList()
            val count = file.getInt(list)
            require(count in 0..file.limit() / 4) { "A list ends behind the file." }
            return List(count) { Table(file, follow(list + 4 + 4 * it)) }
        }
    }
}

private fun ByteBuffer.bytes(start: Int, count: Int): ByteArray {
    require(count in 0..limit() - start) { "A text or list ends behind the file." }
    return ByteArray(count).also { duplicate().apply { moveTo(start) }.get(it) }
}
