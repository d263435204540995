package tfstyle.android

import kotlin.math.abs
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner

/** What `tfstyle export --android` writes, and photographs as cameras write them. */
@RunWith(RobolectricTestRunner::class)
class CatalogTest {
    private val assets = TestFiles.assets()

    @Test
    fun theCatalogueIsThatOfTheCommand() {
        val catalog = StyleCatalog.open(assets)
        assertEquals(listOf("mosaic", "scream"), catalog.styles.map { it.name })
        val scream = catalog["scream"]
        assertEquals("The Scream, Edvard Munch, 1893", scream.credit)
        assertEquals("public domain", scream.rights)
        assertEquals(ModelFacts.Size(384, 384), scream.size)
        assertEquals(assets.open(scream.model).use { it.readBytes().size.toLong() }, scream.bytes)
        assertTrue(scream.credit in catalog.credits)
        val golden = scream.golden(assets)
        assertEquals(208 to 104, golden.photograph.width to golden.picture.width)
        val facts = ModelFacts.read(mapAsset(assets, scream.model))
        assertEquals(ModelFacts("The Scream", scream.size, multiple = 4, minimum = 8), facts)
    }

    @Test
    fun whatIsMissingIsNamed() {
        val error =
            assertThrows(IllegalArgumentException::class.java) { StyleCatalog.open(assets, "none") }
        assertTrue(error.message, "--android" in error.message!!)
        val other =
            assertThrows(IllegalArgumentException::class.java) { StyleCatalog.open(assets)["kiss"] }
        assertTrue(other.message, "mosaic, scream" in other.message!!)
    }

    @Test
    fun photographsAreUprightWhateverWayTheCameraWasHeld() {
        for (orientation in 1..8) {
            val file = TestFiles.file("orientations/$orientation.jpg")
            val bitmap = Photographs.read { file.inputStream() }
            val expected = TestFiles.bitmap("orientations/$orientation.png")
            assertEquals(expected.width to expected.height, bitmap.width to bitmap.height)
            val difference =
                (0 until 40).maxOf { place ->
                    val x = place * expected.width / 40
                    val y = place * 7 % expected.height
                    abs(channel(bitmap.getPixel(x, y), 8) - channel(expected.getPixel(x, y), 8))
                }
            // Two decoders of JPEG.
            assertTrue("$orientation: $difference", difference <= 3)
        }
    }

    @Test
    fun largePhotographsAreDecodedSmaller() {
        val lake = TestFiles.file("photographs/lake.png") // 1024 x 683
        val sizes = listOf(2048 to 1024, 1024 to 1024, 600 to 1024, 512 to 512, 200 to 256)
        for ((wanted, width) in sizes) {
            assertEquals(width, Photographs.read(wanted) { lake.inputStream() }.width)
        }
        assertThrows(IllegalArgumentException::class.java) {
            Photographs.read { "no image".byteInputStream() }
        }
    }
}
