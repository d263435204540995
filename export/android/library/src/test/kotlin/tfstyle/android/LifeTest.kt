package tfstyle.android

import java.io.File
import java.nio.ByteBuffer
import java.util.concurrent.CancellationException
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

/** Opening, cancelling, closing, and what stays in memory. */
@RunWith(RobolectricTestRunner::class)
class LifeTest {
    private val photograph = TestFiles.bitmap("photographs/small.png")
    private val model = TestFiles.model("models/free.tflite")

    /** An engine that waits until it may go on, and copies the photograph. */
    private class Patient : Engine {
        val started = CountDownLatch(1)
        val mayEnd = CountDownLatch(1)
        val runs = AtomicInteger()

        override fun run(image: ByteBuffer, picture: ByteBuffer, height: Int, width: Int) {
            runs.incrementAndGet()
            started.countDown()
            check(mayEnd.await(30, TimeUnit.SECONDS))
            picture.put(image)
        }

        override fun close() = Unit
    }

    private fun open(engine: Engine) =
        Stylizer.open(direct(model), Accelerator.CPU, null) { _, _ -> engine }

    @Test
    fun aCancelledPhotographInTheQueueIsNotPainted() = runBlocking {
        val engine = Patient()
        open(engine).use { stylizer ->
            val first = async(Dispatchers.Default) { stylizer.stylize(photograph) }
            engine.started.await()
            val second = launch(Dispatchers.Default) { stylizer.stylize(photograph) }
            second.cancel()
            engine.mayEnd.countDown()
            second.join()
            assertEquals(photograph.width, first.await().width)
            assertEquals(1, engine.runs.get())
        }
    }

    @Test
    fun aCancelledRunGivesNoPictureAndTheNextOneWorks() = runBlocking {
        val engine = Patient()
        open(engine).use { stylizer ->
            val first = async(Dispatchers.Default) { stylizer.stylize(photograph) }
            engine.started.await()
            first.cancel()
            engine.mayEnd.countDown()
            assertThrows(CancellationException::class.java) { runBlocking { first.await() } }
            assertEquals(photograph.width, stylizer.stylize(photograph).width)
            assertEquals(2, engine.runs.get())
        }
    }

    @Test
    fun cancellingARealOneLeavesTheStylizerUsable() = runBlocking {
        Stylizer.open(model).use { stylizer ->
            val expected = stylizer.stylize(photograph)
            repeat(5) {
                val job = launch(Dispatchers.Default) { stylizer.stylize(photograph) }
                Thread.sleep(3L * it)
                job.cancelAndJoin()
            }
            assertTrue(stylizer.stylize(photograph).sameAs(expected))
        }
    }

    @Test
    fun closingWaitsForWhatWasAskedForAndRefusesMore() = runBlocking {
        val engine = Patient()
        val stylizer = open(engine)
        val first = async(Dispatchers.Default) { stylizer.stylize(photograph) }
        engine.started.await()
        stylizer.close()
        stylizer.close()
        engine.mayEnd.countDown()
        assertEquals(photograph.width, first.await().width)
        val error =
            assertThrows(IllegalStateException::class.java) {
                stylizer.stylizeBlocking(photograph)
            }
        assertTrue(error.message!!.contains("closed"))
    }

    @Test
    fun damagedFilesAreRefused() {
        val noise = String(model, Charsets.ISO_8859_1).replace("\"noise\": []", "\"noise\":[1]")
        val damaged =
            mapOf(
                "nothing" to ByteArray(0),
                "text" to "This is no model, but long enough.".toByteArray(),
                "noise" to noise.toByteArray(Charsets.ISO_8859_1),
            ) +
                listOf(8, 100, 10_000, model.size / 2, model.size - 1).associate {
                    "the first $it bytes" to model.copyOf(it)
                }
        for ((name, content) in damaged) {
            val error =
                assertThrows(name, IllegalArgumentException::class.java) {
                    Stylizer.open(content).use { it.stylizeBlocking(photograph) }
                }
            println("$name: ${error.message}")
        }
    }

    @Test
    fun changedBytesNeverLeadOutOfTheFile() {
        val random = java.util.Random(0)
        val content = direct(model)
        var refused = 0
        repeat(4000) {
            // Where the tables lie: at the beginning, and, with the metadata, at the end.
            val distance = random.nextInt(2000)
            val place = if (random.nextBoolean()) distance else model.size - 1 - distance
            content.put(place, random.nextInt(256).toByte())
            try {
                ModelFacts.read(content)
            } catch (_: IllegalArgumentException) {
                refused++
            }
            content.put(place, model[place])
        }
        assertTrue("$refused", refused in 20..3000)
    }

    @Test
    fun memoryStaysFlatOver200Pictures() {
        val kitten = TestFiles.bitmap("photographs/kitten.png")
        Stylizer.open(model, threads = 1).use { stylizer ->
            repeat(100) { stylizer.stylizeBlocking(kitten, longestSide = 96).recycle() }
            val grown =
                List(4) {
                    val before = residentKilobytes()
                    repeat(50) { stylizer.stylizeBlocking(kitten, longestSide = 96).recycle() }
                    residentKilobytes() - before
                }
            println("Resident memory over four times 50 pictures: + $grown kB")
            // The JVM's own heap grows and shrinks now and then. The buffers of 50 pictures,
            // 96 x 68, are 7.9 MB: a leak would show in nearly every fifty.
            assertTrue("$grown", grown.sorted()[1] < 4000)
        }
    }

    @Test
    fun closingFreesTheModel() {
        val before = ShadowInterpreterWrapper.open.get()
        repeat(20) { Stylizer.open(model).use { it.stylizeBlocking(photograph, longestSide = 16) } }
        repeat(100) {
            if (ShadowInterpreterWrapper.open.get() == before) return
            Thread.sleep(50) // closing does not wait
        }
        assertEquals(before, ShadowInterpreterWrapper.open.get())
    }

    private fun residentKilobytes(): Int {
        System.gc()
        return File("/proc/self/status").readLines().first { it.startsWith("VmRSS") }
            .filter(Char::isDigit).toInt()
    }
}
