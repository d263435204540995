package tfstyle.android

import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Matrix
import android.media.ExifInterface
import java.io.InputStream
import kotlin.math.max

/** Reads photographs as people see them. */
public object Photographs {
    /**
     * Decodes an image file, upright whatever way the camera was held.
     *
     * @param longestSide a larger photograph is decoded at 1/2, 1/4, ... of its size, as far as its
     *   longest side stays at least this long. One of 50 megapixels needs 200 MB otherwise.
     * @param open opens the file anew; called three times.
     * @throws IllegalArgumentException if Android cannot decode it.
     */
    public fun read(longestSide: Int = 2048, open: () -> InputStream): Bitmap {
        val bounds = BitmapFactory.Options().apply { inJustDecodeBounds = true }
        open().use { BitmapFactory.decodeStream(it, null, bounds) }
        val options = BitmapFactory.Options()
        options.inSampleSize = sampleSize(max(bounds.outWidth, bounds.outHeight), longestSide)
        val bitmap =
            requireNotNull(open().use { BitmapFactory.decodeStream(it, null, options) }) {
                "The file is no image that Android can decode."
            }
        return upright(bitmap, orientation(open))
    }

    private fun sampleSize(side: Int, wanted: Int): Int {
        var size = 1
        while (side / (2 * size) >= wanted) size *= 2
        return size
    }

    private fun orientation(open: () -> InputStream): Int =
        try {
            open().use { ExifInterface(it) }
                .getAttributeInt(ExifInterface.TAG_ORIENTATION, ExifInterface.ORIENTATION_NORMAL)
        } catch (_: Exception) { // odd tags are no reason to refuse a photograph
            ExifInterface.ORIENTATION_NORMAL
        }

    private fun upright(bitmap: Bitmap, orientation: Int): Bitmap {
        val turn = Matrix()
        when (orientation) {
            ExifInterface.ORIENTATION_FLIP_HORIZONTAL -> turn.setScale(-1f, 1f)
            ExifInterface.ORIENTATION_ROTATE_180 -> turn.setRotate(180f)
            ExifInterface.ORIENTATION_FLIP_VERTICAL -> turn.setScale(1f, -1f)
            ExifInterface.ORIENTATION_TRANSPOSE -> turn.mirrorThenRotate(270f)
            ExifInterface.ORIENTATION_ROTATE_90 -> turn.setRotate(90f)
            ExifInterface.ORIENTATION_TRANSVERSE -> turn.mirrorThenRotate(90f)
            ExifInterface.ORIENTATION_ROTATE_270 -> turn.setRotate(270f)
            else -> return bitmap
        }
        return Bitmap.createBitmap(bitmap, 0, 0, bitmap.width, bitmap.height, turn, false)
    }

    private fun Matrix.mirrorThenRotate(degrees: Float) {
        setScale(-1f, 1f)
        postRotate(degrees)
    }
}
