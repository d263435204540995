package tfstyle.android

import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.FloatBuffer
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

/** The way from a GPU to the CPU. No test here has a GPU: what one might do wrong is played. */
@RunWith(RobolectricTestRunner::class)
class SelfCheckTest {
    private val assets = TestFiles.assets()
    private val catalog = StyleCatalog.open(assets)
    private val photograph = TestFiles.bitmap("photographs/small.png")

    /** The CPU in the place of a GPU, with a fault. */
    private class Faulty(model: ByteBuffer, val fault: (FloatBuffer, Int, Int) -> Unit) : Engine {
        private val real = InterpreterEngine(model, Accelerator.CPU, threads = 1)

        override fun run(image: ByteBuffer, picture: ByteBuffer, height: Int, width: Int) {
            real.run(image, picture, height, width)
            val floats = picture.duplicate().order(ByteOrder.nativeOrder())
            fault(floats.apply { moveTo(0) }.asFloatBuffer(), height, width)
        }

        override fun close() = real.close()
    }

    private fun open(style: String, fault: (FloatBuffer, Int, Int) -> Unit): Stylizer {
        val chosen = catalog[style]
        val model = mapAsset(assets, chosen.model)
        return Stylizer.open(model, Accelerator.GPU, chosen.golden(assets)) { file, place ->
            if (place == Accelerator.GPU) Faulty(file, fault)
            else InterpreterEngine(file, place, threads = 1)
        }
    }

    @Test
    fun theCpuPaintsTheGoldenPicture() = runBlocking {
        for (style in catalog.styles) {
            Stylizer.open(assets, style, threads = 1).use {
                val likeness = checkNotNull(it.check())
                println("${style.name} on the CPU: $likeness")
                assertTrue("$likeness", likeness.passes && likeness.similarity > 0.98f)
                assertEquals(Accelerator.CPU, it.accelerator)
                assertNull(it.fallback)
            }
        }
    }

    @Test
    fun aGpuThatIsRightIsUsed() = runBlocking {
        // As float16 is wrong: by a random part of a thousand.
        val random = java.util.Random(0)
        for (style in listOf("mosaic", "scream")) {
            val noise = { value: Float -> value + 0.004f * (random.nextFloat() - 0.5f) }
            open(style) { picture, _, _ -> picture.change(noise) }.use {
                it.prepare()
                println("$style on a GPU that is right: ${it.check()}")
                assertEquals(it.fallback, Accelerator.GPU, it.accelerator)
                assertNull(it.fallback)
            }
        }
    }

    @Test
    fun aGpuThatIsSilentlyWrongIsNot() = runBlocking {
        val faults =
            mapOf<String, (FloatBuffer, Int, Int) -> Unit>(
                "black" to { picture, _, _ -> picture.change { 0f } },
                "NaN" to { picture, _, _ -> picture.change { Float.NaN } },
                "pale: a variance too large" to { picture, _, _ ->
                    picture.change { 0.3f + 0.4f * it }
                },
                "too contrasty: a variance that overflowed" to { picture, _, _ ->
                    picture.change { if (it > 0.5f) 1f else 0f }
                },
                "blue for red" to { picture, _, _ ->
                    for (place in 0 until picture.capacity() step 3) {
                        val red = picture[place]
                        picture.put(place, picture[place + 2]).put(place + 2, red)
                    }
                },
                "rows that slip" to { picture, height, width ->
                    val copy = FloatArray(picture.capacity()).also { picture.duplicate().get(it) }
                    val row = 3 * width
                    for (y in 0 until height) for (x in 0 until row) {
                        picture.put(y * row + x, copy[y * row + (x + 3 * y) % row])
                    }
                },
                "blocks" to { picture, height, width ->
                    for (y in 0 until height) for (x in 0 until 3 * width) {
                        if ((y / 32 + x / 96) % 3 == 0) picture.put(y * 3 * width + x, 0.5f)
                    }
                },
            )
        for ((name, fault) in faults) {
            open("mosaic", fault).use {
                val picture = it.stylize(photograph)
                println("$name: ${it.fallback}")
                assertEquals(name, Accelerator.CPU, it.accelerator)
                assertTrue(name, "wrongly" in it.fallback!!)
                assertTrue(name, it.check()!!.passes)
                assertEquals(384 to 262, picture.width to picture.height)
            }
        }
    }

    @Test
    fun aGpuThatFailsLaterIsReplacedWithoutALostPicture() = runBlocking {
        var runs = 0
        open("scream") { _, _, _ -> check(++runs < 3) { "device lost" } }
            .use {
                val first = it.stylize(photograph) // the second run: the check was the first
                assertEquals(Accelerator.GPU, it.accelerator)
                val second = it.stylize(photograph)
                assertEquals(Accelerator.CPU, it.accelerator)
                assertTrue(it.fallback, "device lost" in it.fallback!!)
                assertTrue(second.sameAs(first))
            }
    }

    @Test
    fun whereThereIsNoGpuLibraryTheCpuPaints() = runBlocking {
        // Google's own GpuDelegate, which finds no native code for this machine.
        Stylizer.open(assets, catalog["scream"], Accelerator.GPU).use {
            it.prepare()
            println(it.fallback)
            assertEquals(Accelerator.CPU, it.accelerator)
            assertTrue(it.fallback, "no GPU library" in it.fallback!!)
        }
    }

    @Test
    fun aModelOfFreeSizeIsForTheCpu() = runBlocking {
        Stylizer.open(TestFiles.file("models/free.tflite"), Accelerator.GPU).use {
            it.prepare()
            assertEquals(Accelerator.CPU, it.accelerator)
            assertTrue(it.fallback, "fixed size" in it.fallback!!)
        }
    }

    private fun FloatBuffer.change(value: (Float) -> Float) {
        for (place in 0 until capacity()) put(place, value(get(place)))
    }
}
