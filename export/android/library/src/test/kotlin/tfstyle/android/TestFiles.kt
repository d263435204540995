package tfstyle.android

import android.content.res.AssetManager
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import java.io.File
import java.util.zip.CRC32
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream
import kotlin.math.exp
import kotlin.math.pow
import org.json.JSONArray
import org.json.JSONObject

/** What tests/make_android_tests.py wrote: models, photographs, and pictures of Python's runner. */
object TestFiles {
    private val folder =
        File(System.getProperty("tfstyle.tests")!!).also {
            check(File(it, "cases.json").isFile) { "$it has no cases.json. Run: tox -e android" }
        }

    val cases: List<JSONObject> = list("paintings")
    val resizings: List<JSONObject> = list("resizings")

    private fun list(name: String): List<JSONObject> {
        val array: JSONArray = JSONObject(file("cases.json").readText()).getJSONArray(name)
        return List(array.length()) { array.getJSONObject(it) }
    }

    /** The app's assets, packed as Android packs them: models as they are, the rest deflated. */
    fun assets(): AssetManager {
        val archive = File.createTempFile("app", ".apk").apply { deleteOnExit() }
        ZipOutputStream(archive.outputStream()).use { zip ->
            for (file in file("app").walk().filter { it.isFile }) {
                val entry = ZipEntry(file.relativeTo(file("app")).path)
                if (file.extension == "tflite") {
                    entry.method = ZipEntry.STORED
                    entry.size = file.length()
                    entry.crc = CRC32().apply { update(file.readBytes()) }.value
                }
                zip.putNextEntry(entry)
                zip.write(file.readBytes())
            }
        }
        @Suppress("DEPRECATION") // hidden in the SDK, and without a successor
        return AssetManager().apply { check(addAssetPath(archive.path) != 0) { archive } }
    }

    /** Writes a picture to look at below `target`, under the path of the expected one. */
    fun keep(picture: Bitmap, path: String) {
        val file = File("target", path).apply { parentFile!!.mkdirs() }
        file.outputStream().use { check(picture.compress(Bitmap.CompressFormat.PNG, 100, it)) }
    }

    fun file(path: String): File = File(folder, path)

    fun model(path: String): ByteArray = file(path).readBytes()

    fun bitmap(path: String): Bitmap {
        val options = BitmapFactory.Options().apply { inScaled = false }
        return checkNotNull(BitmapFactory.decodeFile(file(path).path, options)) { path }
    }
}

/**
 * Mean structural similarity of Wang et al. 2004, as Python's tests measure it: a Gaussian window
 * of 11 pixels, mean over colours. Smaller pictures are mirrored to fill it.
 */
fun similarity(picture: Bitmap, expected: Bitmap): Double {
    check(picture.width == expected.width && picture.height == expected.height) {
        "${picture.width} x ${picture.height} for ${expected.width} x ${expected.height}"
    }
    return listOf(0, 8, 16).map { similarity(plane(picture, it), plane(expected, it)) }.average()
}

private const val WINDOW = 11
private val gaussian =
    DoubleArray(WINDOW) { exp(-(it - WINDOW / 2.0 + 0.5).pow(2) / (2 * 1.5.pow(2))) }
        .let { raw -> DoubleArray(WINDOW) { raw[it] / raw.sum() } }

private class Plane(val width: Int, val height: Int, val values: DoubleArray)

private fun plane(bitmap: Bitmap, shift: Int): Plane {
    val width = maxOf(WINDOW, bitmap.width)
    val height = maxOf(WINDOW, bitmap.height)
    return Plane(width, height, DoubleArray(width * height) {
        val x = mirrored(it % width, bitmap.width)
        val y = mirrored(it / width, bitmap.height)
        channel(bitmap.getPixel(x, y), shift) / 255.0
    })
}

private fun similarity(a: Plane, b: Plane): Double {
    fun product(p: Plane, q: Plane) =
        Plane(p.width, p.height, DoubleArray(p.values.size) { p.values[it] * q.values[it] })
    val meanA = blur(a)
    val meanB = blur(b)
    val squareA = blur(product(a, a))
    val squareB = blur(product(b, b))
    val mixed = blur(product(a, b))
    val c1 = 0.01.pow(2)
    val c2 = 0.03.pow(2)
    return meanA.indices
        .map {
            val both = meanA[it] * meanB[it]
            val squares = meanA[it].pow(2) + meanB[it].pow(2)
            (2 * both + c1) * (2 * (mixed[it] - both) + c2) /
                ((squares + c1) * (squareA[it] + squareB[it] - squares + c2))
        }
        .average()
}

private fun blur(plane: Plane): DoubleArray {
    val width = plane.width - WINDOW + 1
    val height = plane.height - WINDOW + 1
    val across =
        DoubleArray(width * plane.height) {
            val start = it / width * plane.width + it % width
            gaussian.indices.sumOf { tap -> gaussian[tap] * plane.values[start + tap] }
        }
    return DoubleArray(width * height) {
        gaussian.indices.sumOf { tap -> gaussian[tap] * across[it + tap * width] }
    }
}
