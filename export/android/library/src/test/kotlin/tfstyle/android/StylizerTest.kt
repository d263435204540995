package tfstyle.android

import android.graphics.Bitmap
import android.graphics.Matrix
import java.util.concurrent.Callable
import java.util.concurrent.Executors
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.runBlocking
import org.junit.After
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

/** What a stylizer accepts, and what it keeps apart. */
@RunWith(RobolectricTestRunner::class)
class StylizerTest {
    private val kitten = TestFiles.bitmap("photographs/kitten.png")
    private val stylizer = Stylizer.open(TestFiles.file("models/free.tflite"), threads = 1)

    @After fun close() = stylizer.close()

    private fun paint(bitmap: Bitmap, rotation: Int = 0, longestSide: Int = 96) =
        stylizer.stylizeBlocking(bitmap, rotation = rotation, longestSide = longestSide)

    @Test
    fun everyConfigWithColorsIsPainted() {
        val expected = paint(kitten)
        val least =
            mapOf(
                Bitmap.Config.ARGB_8888 to 1.0,
                Bitmap.Config.RGBA_F16 to 0.999,
                Bitmap.Config.RGBA_1010102 to 0.999,
                Bitmap.Config.RGB_565 to 0.95, // 32 levels of red and blue
            )
        for ((config, similar) in least) {
            val copy = checkNotNull(kitten.copy(config, false)) { config }
            assertEquals(config, copy.config)
            val picture = paint(copy)
            assertEquals(Bitmap.Config.ARGB_8888, picture.config)
            assertTrue("$config", similarity(picture, expected) >= similar)
        }
        // Android makes ARGB_8888 of the first; so does Robolectric, without a GPU, of the second.
        val others = setOf("ARGB_4444", "HARDWARE", "ALPHA_8").map(Bitmap.Config::valueOf)
        assertEquals(Bitmap.Config.entries.toSet(), least.keys + others)
    }

    @Test
    fun masksAndRecycledBitmapsAreRefused() {
        val mask = Bitmap.createBitmap(9, 9, Bitmap.Config.ALPHA_8)
        val recycled = kitten.copy(Bitmap.Config.ARGB_8888, false).apply { recycle() }
        for ((bitmap, reason) in listOf(mask to "ALPHA_8", recycled to "recycled")) {
            val error = assertThrows(IllegalArgumentException::class.java) { paint(bitmap) }
            assertTrue(error.message, reason in error.message!!)
        }
    }

    @Test
    fun thePhotographIsOnlyRead() {
        val copy = kitten.copy(Bitmap.Config.ARGB_8888, true)
        paint(copy)
        assertTrue(copy.sameAs(kitten))
    }

    @Test
    fun picturesOfFreeSizeHaveThePhotographsSize() {
        for ((width, height) in listOf(1 to 1, 2 to 3, 31 to 77, 96 to 40)) {
            val picture = paint(Bitmap.createScaledBitmap(kitten, width, height, true))
            assertEquals(width to height, picture.width to picture.height)
        }
        val limited = paint(kitten, longestSide = 50) // 401 x 277
        assertEquals(50 to 35, limited.width to limited.height)
    }

    @Test
    fun rotationMakesThePictureUpright() {
        val expected = paint(kitten)
        for (degrees in listOf(-90, 0, 90, 180, 270, 450)) {
            val turn = Matrix().apply { setRotate(-degrees.toFloat()) }
            val turned =
                Bitmap.createBitmap(kitten, 0, 0, kitten.width, kitten.height, turn, false)
            // Rows and columns are scaled in the other order: steps of 1 in 255.
            val found = similarity(paint(turned, rotation = degrees), expected)
            assertTrue("$degrees: $found", found >= 0.99)
        }
        assertThrows(IllegalArgumentException::class.java) { paint(kitten, rotation = 45) }
    }

    @Test
    fun strengthZeroGivesThePhotograph() {
        val small = Bitmap.createScaledBitmap(kitten, 40, 30, true)
        assertEquals(1.0, similarity(stylizer.stylizeBlocking(small, Look(0f)), small), 0.0)
        for (wrong in listOf(-0.1f, 1.1f, Float.NaN)) {
            assertThrows(IllegalArgumentException::class.java) { Look(wrong) }
        }
    }

    @Test
    fun threadsAndCoroutinesShareOneStylizer() {
        val sizes = listOf(24, 40, 64, 96)
        val expected = sizes.map { paint(kitten, longestSide = it) }
        val threads = Executors.newFixedThreadPool(2)
        val pictures =
            threads.invokeAll(sizes.map { Callable { paint(kitten, longestSide = it) } })
        pictures.zip(expected).forEach { (found, wanted) -> assertTrue(found.get().sameAs(wanted)) }
        threads.shutdown()
        runBlocking {
            sizes.map { async { stylizer.stylize(kitten, longestSide = it) } }.awaitAll()
        }.zip(expected).forEach { (found, wanted) -> assertTrue(found.sameAs(wanted)) }
    }

    @Test
    fun twoStylizersPaintAtTheSameTime() {
        val expected = paint(kitten)
        val threads = Executors.newFixedThreadPool(2)
        Stylizer.open(TestFiles.model("models/free.tflite"), threads = 1).use { other ->
            val pictures =
                threads.invokeAll(
                    List(6) { number ->
                        val one = if (number % 2 == 0) stylizer else other
                        Callable { one.stylizeBlocking(kitten, longestSide = 96) }
                    }
                )
            pictures.forEach { assertTrue(it.get().sameAs(expected)) }
        }
        threads.shutdown()
    }
}
