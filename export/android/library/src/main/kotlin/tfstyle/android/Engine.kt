package tfstyle.android

import java.nio.ByteBuffer
import org.tensorflow.lite.Delegate
import org.tensorflow.lite.Interpreter
import org.tensorflow.lite.gpu.GpuDelegate

/** Where the network runs. */
public enum class Accelerator {
    CPU,
    GPU,
}

/**
 * Runs the network. [Stylizer] calls it from one thread only.
 *
 * The library has one, of TensorFlow Lite's `Interpreter`. An app can bring another, for example
 * of LiteRT 2's `CompiledModel`: see the guide.
 */
public interface Engine : AutoCloseable {
    /**
     * Paints one image.
     *
     * @param image float32 `[height, width, 3]` in [0, 1], RGB, in native byte order.
     * @param picture is filled likewise.
     */
    public fun run(image: ByteBuffer, picture: ByteBuffer, height: Int, width: Int)
}

/** Makes an [Engine] of a model file for an accelerator, or throws. */
public fun interface EngineFactory {
    public fun create(model: ByteBuffer, accelerator: Accelerator): Engine
}

/**
 * TensorFlow Lite's `Interpreter`, also that of LiteRT 1.x and, on the CPU, 2.x.
 *
 * @param threads of the CPU; TensorFlow Lite's own choice if null.
 */
public class InterpreterEngine(model: ByteBuffer, accelerator: Accelerator, threads: Int? = null) :
    Engine {
    private val delegate: Delegate? = if (accelerator == Accelerator.GPU) gpuDelegate() else null
    private val interpreter: Interpreter
    private var shape: List<Int>

    init {
        val options = Interpreter.Options()
        threads?.let { options.setNumThreads(it) }
        delegate?.let { options.addDelegate(it) }
        try {
            interpreter = Interpreter(model, options)
            shape = interpreter.getInputTensor(0).shape().toList()
        } catch (error: Throwable) {
            delegate?.close()
            throw error
        }
    }

    override fun run(image: ByteBuffer, picture: ByteBuffer, height: Int, width: Int) {
        val wanted = listOf(1, height, width, 3)
        if (wanted != shape) {
            shape = emptyList() // until it has worked
            interpreter.resizeInput(0, wanted.toIntArray())
            interpreter.allocateTensors()
            shape = wanted
        }
        interpreter.run(image, picture)
    }

    override fun close() {
        interpreter.close()
        delegate?.close() // after the interpreter, which uses it
    }
}

// Apart, so that an app without the GPU library can load the class above.
private fun gpuDelegate(): Delegate = GpuDelegate()
