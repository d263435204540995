package tfstyle.android

import kotlin.math.abs
import kotlin.math.ceil
import kotlin.math.max
import kotlin.math.min

/** Reads rows of an image as 0xAARRGGBB: the first one, how many, where to. */
internal typealias RowReader = (row: Int, rows: Int, into: IntArray) -> Unit

/**
 * Scales an image by cubic convolution (Keys 1981, a = -0.5), whose kernel grows with the factor,
 * so that every pixel of a larger photograph counts. Python's runner scales by the same filter.
 *
 * The photograph is read in strips: beside the result only its rows at the new width are held.
 */
internal fun scale(
    width: Int,
    height: Int,
    newWidth: Int,
    newHeight: Int,
    read: RowReader,
): Raster {
    val narrow = Raster(newWidth, height)
    val columns = if (newWidth == width) null else Taps(width, newWidth)
    val strip = IntArray(width * min(height, STRIP))
    for (start in 0 until height step STRIP) {
        val rows = min(STRIP, height - start)
        read(start, rows, strip)
        for (row in 0 until rows) {
            val target = (start + row) * newWidth
            if (columns == null) {
                strip.copyInto(narrow.pixels, target, row * width, (row + 1) * width)
            } else {
                for (x in 0 until newWidth) {
                    narrow.pixels[target + x] = columns.mix(x, strip, row * width, 1)
                }
            }
        }
    }
    if (newHeight == height) return narrow
    val rows = Taps(height, newHeight)
    val scaled = Raster(newWidth, newHeight)
    for (y in 0 until newHeight) for (x in 0 until newWidth) {
        scaled.pixels[y * newWidth + x] = rows.mix(y, narrow.pixels, x, newWidth)
    }
    return scaled
}

private const val STRIP = 64 // rows

/** Of each new pixel of a line the old ones that it is made of, and their weights. */
private class Taps(side: Int, newSide: Int) {
    private val factor = side / newSide.toDouble()
    private val stretch = max(1.0, factor)
    private val reach = 2 * stretch
    private val first = IntArray(newSide)
    private val weights =
        Array(newSide) { place ->
            val center = (place + 0.5) * factor
            first[place] = max(0, ceil(center - reach - 0.5).toInt())
            val end = min(side, ceil(center + reach - 0.5).toInt())
            val raw = DoubleArray(end - first[place]) {
                keys((first[place] + it + 0.5 - center) / stretch)
            }
            val sum = raw.sum()
            FloatArray(raw.size) { (raw[it] / sum).toFloat() }
        }

    fun mix(place: Int, pixels: IntArray, offset: Int, step: Int): Int {
        var alpha = HALF
        var red = HALF
        var green = HALF
        var blue = HALF
        var index = offset + first[place] * step
        for (weight in weights[place]) {
            val pixel = pixels[index]
            alpha += weight * channel(pixel, 24)
            red += weight * channel(pixel, 16)
            green += weight * channel(pixel, 8)
            blue += weight * channel(pixel, 0)
            index += step
        }
        return (level(alpha) shl 24) or (level(red) shl 16) or (level(green) shl 8) or level(blue)
    }

    private fun level(sum: Float) = sum.toInt().coerceIn(0, 255)
}

private const val HALF = 0.5f // rounds

private fun keys(distance: Double): Double {
    val x = abs(distance)
    return when {
        x < 1 -> (1.5 * x - 2.5) * x * x + 1
        x < 2 -> ((-0.5 * x + 2.5) * x - 4) * x + 2
        else -> 0.0
    }
}
