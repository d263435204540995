package tfstyle.android

import android.graphics.Bitmap
import java.nio.ByteBuffer
import java.nio.ByteOrder
import kotlin.math.abs
import kotlin.math.round

/**
 * An upright image as 0xAARRGGBB, not premultiplied, in sRGB, row by row.
 *
 * The network's own sizes and pixels are computed on these integers and not by Android's scaling,
 * which differs from version to version and makes large photographs coarse.
 */
internal class Raster(val width: Int, val height: Int, val pixels: IntArray) {
    constructor(width: Int, height: Int) : this(width, height, IntArray(width * height))

    fun toBitmap(): Bitmap = Bitmap.createBitmap(pixels, width, height, Bitmap.Config.ARGB_8888)

    companion object {
        /**
         * Reads a bitmap of any config, scaled by a bicubic filter that covers all pixels.
         *
         * @param width of the result.
         * @param height of the result.
         * @param rotation degrees clockwise, a multiple of 90, that make the photograph upright.
         *   Width and height are those of the upright one.
         */
        fun of(bitmap: Bitmap, width: Int, height: Int, rotation: Int): Raster {
            val readable = readable(bitmap)
            val (across, down) = if (rotation % 180 == 0) width to height else height to width
            val scaled =
                scale(readable.width, readable.height, across, down) { row, rows, into ->
                    readable.getPixels(into, 0, readable.width, 0, row, readable.width, rows)
                }
            if (readable !== bitmap) readable.recycle()
            return scaled.turned(rotation)
        }

        /** A copy if the pixels lie in the GPU's memory, or are nothing but transparency. */
        private fun readable(bitmap: Bitmap): Bitmap {
            require(!bitmap.isRecycled) { "The photograph is recycled: paint it before." }
            require(bitmap.config != Bitmap.Config.ALPHA_8) {
                "The photograph is only a mask (ALPHA_8). Give a bitmap with colours."
            }
            // By its name: Android 7 has no such constant.
            if (bitmap.config?.name != "HARDWARE") return bitmap
            return requireNotNull(bitmap.copy(Bitmap.Config.ARGB_8888, false)) {
                "The photograph's pixels cannot be copied from the GPU. Decode it in software."
            }
        }
    }

    /** Turns it clockwise. */
    fun turned(rotation: Int): Raster {
        val turn = Math.floorMod(rotation, 360)
        if (turn == 0) return this
        val turned = if (turn == 180) Raster(width, height) else Raster(height, width)
        for (y in 0 until height) for (x in 0 until width) {
            val (left, top) =
                when (turn) {
                    90 -> height - 1 - y to x
                    180 -> width - 1 - x to height - 1 - y
                    else -> y to width - 1 - x
                }
            turned.pixels[top * turned.width + left] = pixels[y * width + x]
        }
        return turned
    }

    /** Writes floats in [0, 1], grown to a size by mirroring at the right and lower border. */
    fun write(into: ByteBuffer, width: Int, height: Int) {
        val floats = into.duplicate().order(ByteOrder.nativeOrder()).asFloatBuffer()
        val row = FloatArray(3 * width)
        for (y in 0 until height) {
            val start = mirrored(y, this.height) * this.width
            for (x in 0 until width) {
                val pixel = pixels[start + mirrored(x, this.width)]
                row[3 * x] = channel(pixel, 16) / 255f
                row[3 * x + 1] = channel(pixel, 8) / 255f
                row[3 * x + 2] = channel(pixel, 0) / 255f
            }
            floats.put(row)
        }
    }

    /**
     * Makes a picture of this photograph and the network's floats, with the photograph's alpha.
     *
     * @param painting float32 in [0, 1], rows of `stride` pixels, of which the first `width` count.
     */
    fun paintedWith(painting: ByteBuffer, stride: Int, look: Look): Raster {
        val floats = painting.duplicate().order(ByteOrder.nativeOrder()).asFloatBuffer()
        val row = FloatArray(3 * stride)
        val picture = Raster(width, height)
        for (y in 0 until height) {
            floats.get(row)
            for (x in 0 until width) {
                val pixel = pixels[y * width + x]
                picture.pixels[y * width + x] =
                    mixed(pixel, row[3 * x], row[3 * x + 1], row[3 * x + 2], look)
            }
        }
        return picture
    }
}

private fun mixed(photograph: Int, red: Float, green: Float, blue: Float, look: Look): Int {
    val r = channel(photograph, 16) / 255f
    val g = channel(photograph, 8) / 255f
    val b = channel(photograph, 0) / 255f
    val change = if (look.keepColors) luminance(red, green, blue) - luminance(r, g, b) else 0f
    fun level(own: Float, painted: Float): Int {
        val aim = if (look.keepColors) (own + change).coerceIn(0f, 1f) else painted
        return rounded(own + look.strength * (aim - own))
    }
    return (photograph and (0xFF shl 24)) or
        (level(r, red) shl 16) or
        (level(g, green) shl 8) or
        level(b, blue)
}

/** Luma of ITU-R BT.709. */
internal fun luminance(red: Float, green: Float, blue: Float): Float =
    0.2126f * red + 0.7152f * green + 0.0722f * blue

internal fun channel(pixel: Int, shift: Int): Int = (pixel shr shift) and 0xFF

// A network that is silently wrong may give NaN, which no comparison finds.
private fun rounded(value: Float): Int =
    if (value.isNaN()) 0 else round(value.coerceIn(0f, 1f) * 255f).toInt()

/** Mirrors a place behind the border, again and again where the image is smaller than the rest. */
internal fun mirrored(place: Int, side: Int): Int {
    if (side == 1) return 0
    val last = side - 1
    return last - abs(last - place % (2 * last))
}
