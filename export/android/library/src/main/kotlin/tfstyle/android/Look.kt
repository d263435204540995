package tfstyle.android

/**
 * How a picture is mixed with its photograph.
 *
 * @property strength from 0, the photograph, to 1, the painting.
 * @property keepColors whether the picture takes the photograph's colours and only its light and
 *   dark from the painting: the difference in luminance (ITU-R BT.709) is added to all channels.
 */
public data class Look(val strength: Float = 1f, val keepColors: Boolean = false) {
    init {
        require(strength in 0f..1f) { "strength must be in [0, 1]. Received: $strength" }
    }
}
