package tfstyle.android

import android.graphics.Bitmap
import kotlin.math.abs
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

/** The library's pictures beside those of Python's runner, of the same files and photographs. */
@RunWith(RobolectricTestRunner::class)
class ParityTest {
    @Test
    fun picturesAreThoseOfPythonsRunner() {
        for ((model, cases) in TestFiles.cases.groupBy { it.getString("model") }) {
            Stylizer.open(TestFiles.file(model), threads = 1).use { stylizer ->
                for (case in cases) {
                    val look =
                        Look(case.getDouble("strength").toFloat(), case.getBoolean("keep_colors"))
                    val photograph = TestFiles.bitmap(case.getString("photograph"))
                    val picture = stylizer.stylizeBlocking(photograph, look)
                    TestFiles.keep(picture, case.getString("picture"))
                    val expected = TestFiles.bitmap(case.getString("picture"))
                    val found = similarity(picture, expected)
                    println("SSIM %.5f  %s".format(found, case))
                    assertTrue("$found of $case", found >= 0.99)
                    assertAlpha(expected, picture)
                }
            }
        }
    }

    private fun assertAlpha(expected: Bitmap, picture: Bitmap) {
        for (y in 0 until expected.height step 7) for (x in 0 until expected.width step 7) {
            val alpha = channel(expected.getPixel(x, y), 24)
            assertTrue(abs(alpha - channel(picture.getPixel(x, y), 24)) <= 1)
        }
    }

    @Test
    fun scalingIsPillows() {
        for (case in TestFiles.resizings) {
            val photograph = TestFiles.bitmap(case.getString("photograph"))
            val expected = TestFiles.bitmap(case.getString("resized"))
            val scaled = Raster.of(photograph, expected.width, expected.height, rotation = 0)
            val pixels = Raster.of(expected, expected.width, expected.height, rotation = 0).pixels
            val worst =
                pixels.indices.maxOf { place ->
                    (0..16 step 8).maxOf {
                        abs(channel(pixels[place], it) - channel(scaled.pixels[place], it))
                    }
                }
            // Pillow rounds its weights to 22 bits: one step where a sum is near a half, twice.
            assertTrue("$worst in $case", worst <= 2)
        }
        assertEquals(4, TestFiles.resizings.size)
    }
}
