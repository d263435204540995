package tfstyle.android

import android.content.res.AssetManager
import android.graphics.Bitmap
import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicBoolean
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext

/**
 * Paints photographs with one model file of `tfstyle export`.
 *
 * ```
 * val stylizer = Stylizer.open(context.assets, style)
 * val picture = stylizer.stylize(photograph, Look(strength = 0.8f))
 * stylizer.close()
 * ```
 *
 * All functions can be called from any thread. One thread of its own loads the model at the first
 * use and paints one photograph after the other. Keep a stylizer while its style is chosen: it
 * holds the model and buffers for one size.
 */
public class Stylizer
private constructor(
    private val model: ByteBuffer,
    private val wanted: Accelerator,
    private val golden: Golden?,
    private val engines: EngineFactory,
) : AutoCloseable {
    /** What the model file says of itself. */
    public val facts: ModelFacts = ModelFacts.read(model)

    /** Where the network runs; null before the first use, see [prepare]. */
    @Volatile
    public var accelerator: Accelerator? = null
        private set

    /** Why the CPU is used although the GPU was asked for; null otherwise. */
    @Volatile
    public var fallback: String? = null
        private set

    private val thread =
        Executors.newSingleThreadExecutor { Thread(it, "tfstyle").apply { isDaemon = true } }
    private val dispatcher = thread.asCoroutineDispatcher()
    private val closed = AtomicBoolean()

    // Of the one thread.
    private var engine: Engine? = null
    private var image = ByteBuffer.allocate(0)
    private var painting = ByteBuffer.allocate(0)

    /**
     * Paints a photograph.
     *
     * A model of fixed size scales the photograph to fit inside its own size, fills the rest with
     * its mirror image and returns the picture at the scaled size, in the photograph's
     * proportions. A model of free size returns the photograph's size.
     *
     * Cancelling the coroutine drops a photograph that waits for its turn, and stops before and
     * after the network's run, which itself is not interrupted.
     *
     * @param photograph of any size and config except `ALPHA_8`; it is only read. Transparency is
     *   kept. Colours are taken as sRGB, to which Android converts wider ones.
     * @param rotation degrees clockwise that make the photograph upright, as CameraX says them.
     * @param longestSide models of free size scale larger photographs down to it first. The
     *   network's float16 arithmetic is safe up to 1080 x 1080 pixels.
     * @return `ARGB_8888`, upright.
     * @throws IllegalArgumentException on a rotation that is no multiple of 90, a recycled or
     *   `ALPHA_8` bitmap, or, at the first use, a damaged model.
     * @throws IllegalStateException if the stylizer is closed.
     */
    public suspend fun stylize(
        photograph: Bitmap,
        look: Look = Look(),
        rotation: Int = 0,
        longestSide: Int = 1080,
    ): Bitmap {
        require(rotation % 90 == 0) { "rotation must be a multiple of 90. Received: $rotation" }
        require(longestSide > 0) { "longestSide must be positive. Received: $longestSide" }
        return onThread { paint(photograph, look, rotation, longestSide).toBitmap() }
    }

    /** [stylize] for code without coroutines: blocks the calling thread, so not the main one. */
    public fun stylizeBlocking(
        photograph: Bitmap,
        look: Look = Look(),
        rotation: Int = 0,
        longestSide: Int = 1080,
    ): Bitmap = runBlocking { stylize(photograph, look, rotation, longestSide) }

    /**
     * Loads the model now and not with the first photograph, and checks the GPU.
     *
     * @throws IllegalArgumentException if the model is damaged.
     * @throws IllegalStateException if the stylizer is closed.
     */
    public suspend fun prepare() {
        onThread { engine() }
    }

    /**
     * Paints the golden photograph where the network runs now, and compares.
     *
     * @return null if the stylizer was opened without golden pictures.
     */
    public suspend fun check(): Likeness? = onThread { golden?.let { check(it, engine()) } }

    /** Frees the model, after the photographs that were asked for before. */
    override fun close() {
        if (!closed.compareAndSet(false, true)) return
        thread.execute {
            engine?.close()
            engine = null
            image = ByteBuffer.allocate(0)
            painting = ByteBuffer.allocate(0)
        }
        thread.shutdown()
    }

    private suspend fun <T> onThread(block: CoroutineScope.() -> T): T {
        check(!closed.get()) { "The stylizer is closed. Open another." }
        return withContext(dispatcher) { block() }
    }

    private fun CoroutineScope.paint(
        photograph: Bitmap,
        look: Look,
        rotation: Int,
        longestSide: Int,
    ): Raster {
        val upright = rotation % 180 == 0
        val (width, height) =
            facts.fitted(
                if (upright) photograph.width else photograph.height,
                if (upright) photograph.height else photograph.width,
                longestSide,
            )
        val raster = Raster.of(photograph, width, height, rotation)
        val engine = engine()
        ensureActive()
        val picture =
            try {
                paint(raster, engine, look)
            } catch (error: RuntimeException) {
                if (accelerator != Accelerator.GPU) throw error
                paint(raster, fallBack("The GPU failed: $error"), look)
            }
        ensureActive()
        return picture
    }

    private fun paint(raster: Raster, engine: Engine, look: Look): Raster {
        val (width, height) = facts.grown(raster.width, raster.height)
        reserve(width, height)
        raster.write(image, width, height)
        engine.run(image.rewound(), painting.rewound(), height, width)
        return raster.paintedWith(painting.rewound(), width, look)
    }

    private fun reserve(width: Int, height: Int) {
        val bytes = 4 * 3 * width * height
        if (image.capacity() == bytes) return
        image = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder())
        painting = ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder())
    }

    private fun engine(): Engine {
        engine?.let { return it }
        if (wanted == Accelerator.GPU) {
            val reason = tryGpu() ?: return checkNotNull(engine)
            return fallBack(reason)
        }
        return use(engines.create(model, Accelerator.CPU), Accelerator.CPU)
    }

    /** Returns why the GPU is not used, or null if it is. */
    private fun tryGpu(): String? {
        if (facts.size == null) return "The GPU needs a model of fixed size."
        return try {
            val gpu = use(engines.create(model, Accelerator.GPU), Accelerator.GPU)
            val likeness = golden?.let { check(it, gpu) }
            if (likeness == null || likeness.passes) null else "The GPU paints wrongly: $likeness"
        } catch (error: Exception) {
            "The GPU failed: $error"
        } catch (error: LinkageError) { // the app has no GPU library, or not for this processor
            "There is no GPU library: $error"
        }
    }

    private fun fallBack(reason: String): Engine {
        engine?.close()
        engine = null
        fallback = reason
        return use(engines.create(model, Accelerator.CPU), Accelerator.CPU)
    }

    private fun use(created: Engine, place: Accelerator): Engine {
        engine = created
        accelerator = place
        return created
    }

    private fun check(golden: Golden, engine: Engine): Likeness {
        val photograph = golden.photograph
        val (width, height) = facts.fitted(photograph.width, photograph.height, Int.MAX_VALUE)
        val raster = Raster.of(photograph, width, height, rotation = 0)
        return golden.compare(paint(raster, engine, Look()))
    }

    public companion object {
        /**
         * Opens a style of a catalogue.
         *
         * @param accelerator the GPU is used only if it paints the golden photograph as it should;
         *   otherwise the CPU is, see [fallback].
         * @param threads of the CPU; TensorFlow Lite's own choice if null.
         * @throws IllegalArgumentException if the model is damaged or not of `tfstyle export`.
         */
        public fun open(
            assets: AssetManager,
            style: StyleCatalog.Style,
            accelerator: Accelerator = Accelerator.CPU,
            threads: Int? = null,
        ): Stylizer =
            open(mapAsset(assets, style.model), accelerator, threads, style.golden(assets))

        /** Opens a model of the app's assets by its path. */
        public fun open(
            assets: AssetManager,
            path: String,
            accelerator: Accelerator = Accelerator.CPU,
            threads: Int? = null,
            golden: Golden? = null,
        ): Stylizer = open(mapAsset(assets, path), accelerator, threads, golden)

        /** Opens a model file, for example a downloaded one. It must not change meanwhile. */
        public fun open(
            file: File,
            accelerator: Accelerator = Accelerator.CPU,
            threads: Int? = null,
            golden: Golden? = null,
        ): Stylizer = open(mapFile(file), accelerator, threads, golden)

        /** Opens a model that is in memory. */
        public fun open(
            content: ByteArray,
            accelerator: Accelerator = Accelerator.CPU,
            threads: Int? = null,
            golden: Golden? = null,
        ): Stylizer = open(direct(content), accelerator, threads, golden)

        /** Opens a model that an app's own engine runs; `model` is a direct or mapped buffer. */
        public fun open(
            model: ByteBuffer,
            accelerator: Accelerator,
            golden: Golden?,
            engines: EngineFactory,
        ): Stylizer = Stylizer(model, accelerator, golden, engines)

        private fun open(
            model: ByteBuffer,
            accelerator: Accelerator,
            threads: Int?,
            golden: Golden?,
        ): Stylizer {
            require(threads == null || threads > 0) { "threads must be positive: $threads" }
            return open(model, accelerator, golden) { file, place ->
                InterpreterEngine(file, place, threads)
            }
        }
    }
}

private fun ByteBuffer.rewound(): ByteBuffer =
    duplicate().order(ByteOrder.nativeOrder()).apply { moveTo(0) }
