package tfstyle.android

import android.graphics.Bitmap
import kotlin.math.abs
import kotlin.math.pow

/**
 * A photograph, and the picture that Python's runner made of it with the same model; both small.
 *
 * A phone's GPU can be silently wrong; [Stylizer] notices it by painting this photograph first.
 *
 * @property photograph opaque; the model scales it to its own size.
 * @property picture the expected one, scaled down.
 */
public class Golden(public val photograph: Bitmap, public val picture: Bitmap) {
    /** Compares a picture of any size with the expected one. */
    internal fun compare(painted: Raster): Likeness {
        val expected = Raster.of(picture, picture.width, picture.height, 0)
        val small =
            scale(painted.width, painted.height, picture.width, picture.height) { row, rows, into ->
                val start = row * painted.width
                painted.pixels.copyInto(into, 0, start, start + rows * painted.width)
            }
        return Likeness.of(small, expected)
    }
}

/**
 * How alike two pictures are.
 *
 * @property similarity mean structural similarity (SSIM) of the luminance in windows of 8 x 8
 *   pixels; 1 is equality.
 * @property difference mean absolute difference of red, green and blue, in [0, 1]; 0 is equality.
 */
public data class Likeness(val similarity: Float, val difference: Float) {
    /**
     * Whether the phone paints as it should. int8 weights and float16 arithmetic differ from the
     * expected picture by far less, a wrong kernel by far more: the tests show both.
     */
    public val passes: Boolean
        get() = similarity >= 0.95f && difference <= 0.03f

    internal companion object {
        private const val WINDOW = 8

        // Constants of Wang et al. 2004, for a range of 1.
        private val STABLE_MEAN = 0.01.pow(2)
        private val STABLE_VARIANCE = 0.03.pow(2)

        /** Compares two of one size, at least 8 x 8. */
        fun of(picture: Raster, expected: Raster): Likeness {
            val pairs = picture.pixels.zip(expected.pixels)
            val difference =
                pairs.sumOf { (a, b) ->
                    (0..16 step 8).sumOf { abs(channel(a, it) - channel(b, it)) }.toDouble()
                } / (pairs.size * 3 * 255)
            val windows = buildList {
                for (top in 0..picture.height - WINDOW step WINDOW / 2)
                    for (left in 0..picture.width - WINDOW step WINDOW / 2) {
                        add(similarity(picture, expected, left, top))
                    }
            }
            return Likeness(windows.average().toFloat(), difference.toFloat())
        }

        private fun similarity(picture: Raster, expected: Raster, left: Int, top: Int): Double {
            val a = lightness(picture, left, top)
            val b = lightness(expected, left, top)
            val meanA = a.average()
            val meanB = b.average()
            val varianceA = a.sumOf { (it - meanA).pow(2) } / a.size
            val varianceB = b.sumOf { (it - meanB).pow(2) } / b.size
            val covariance = a.indices.sumOf { (a[it] - meanA) * (b[it] - meanB) } / a.size
            return (2 * meanA * meanB + STABLE_MEAN) * (2 * covariance + STABLE_VARIANCE) /
                ((meanA.pow(2) + meanB.pow(2) + STABLE_MEAN) *
                    (varianceA + varianceB + STABLE_VARIANCE))
        }

        private fun lightness(raster: Raster, left: Int, top: Int): List<Double> =
            List(WINDOW * WINDOW) {
                val x = left + it % WINDOW
                val y = top + it / WINDOW
                val pixel = raster.pixels[y * raster.width + x]
                luminance(
                    channel(pixel, 16) / 255f,
                    channel(pixel, 8) / 255f,
                    channel(pixel, 0) / 255f,
                ).toDouble()
            }
    }
}
