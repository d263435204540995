package tfstyle.android

import android.content.res.AssetManager
import java.io.File
import java.io.FileInputStream
import java.io.FileNotFoundException
import java.nio.Buffer
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.nio.channels.FileChannel

/** Maps a file of the app into memory, or copies it if the build has compressed it. */
internal fun mapAsset(assets: AssetManager, path: String): ByteBuffer =
    try {
        assets.openFd(path).use { place ->
            FileInputStream(place.fileDescriptor).channel.use {
                it.map(FileChannel.MapMode.READ_ONLY, place.startOffset, place.declaredLength)
            }
        }
    } catch (_: FileNotFoundException) { // also if it is compressed
        direct(assets.open(path).use { it.readBytes() })
    }

internal fun mapFile(file: File): ByteBuffer =
    FileInputStream(file).channel.use { it.map(FileChannel.MapMode.READ_ONLY, 0, it.size()) }

internal fun direct(content: ByteArray): ByteBuffer =
    ByteBuffer.allocateDirect(content.size).order(ByteOrder.nativeOrder()).apply {
        put(content)
        moveTo(0)
    }

/** `position` as every Android has it: since Java 9 that of `ByteBuffer` is another method. */
internal fun Buffer.moveTo(place: Int) {
    position(place)
}
