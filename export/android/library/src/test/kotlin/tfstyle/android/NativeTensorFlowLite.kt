package tfstyle.android

import java.nio.Buffer
import java.nio.ByteBuffer
import java.nio.ByteOrder
import java.util.concurrent.atomic.AtomicInteger
import org.bytedeco.javacpp.BytePointer
import org.bytedeco.javacpp.Pointer
import org.bytedeco.tensorflowlite.TfLiteInterpreter
import org.bytedeco.tensorflowlite.TfLiteModel
import org.bytedeco.tensorflowlite.TfLiteTensor
import org.bytedeco.tensorflowlite.global.tensorflowlite as lite
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements

/*
 * Google's Java classes of TensorFlow Lite call native code that exists only for Android. Here
 * Robolectric answers their native methods, and nothing else, with TensorFlow Lite for Linux, as
 * Bytedeco compiles it: the Java classes, the library above them and the kernels below are real.
 */

@Implements(className = "org.tensorflow.lite.TensorFlowLite", isInAndroidSdk = false)
class ShadowTensorFlowLite {
    companion object {
        /** Would load the native library for Android. */
        @JvmStatic @Implementation fun init() = Unit
    }
}

@Implements(className = "org.tensorflow.lite.NativeInterpreterWrapper", isInAndroidSdk = false)
class ShadowInterpreterWrapper {
    companion object {
        /** Interpreters that are not closed yet. */
        val open = AtomicInteger()

        @JvmStatic @Implementation fun createErrorReporter(size: Int): Long = 1

        @JvmStatic
        @Implementation
        fun createModelWithBuffer(content: ByteBuffer, errors: Long): Long {
            val model = lite.TfLiteModelCreate(Pointer(content), content.limit().toLong())
            require(model != null) { "ByteBuffer is not a valid flatbuffer model" }
            return model.address()
        }

        @JvmStatic
        @Implementation
        fun createInterpreter(
            model: Long,
            errors: Long,
            threads: Int,
            xnnpack: Boolean,
            delegates: List<Long>,
        ): Long {
            check(delegates.isEmpty()) { "There are no delegates on Linux." }
            val options = lite.TfLiteInterpreterOptionsCreate()
            lite.TfLiteInterpreterOptionsSetNumThreads(options, threads)
            val interpreter = lite.TfLiteInterpreterCreate(TfLiteModel(at(model)), options)
            lite.TfLiteInterpreterOptionsDelete(options)
            require(interpreter != null) { "Internal error: Cannot create interpreter" }
            open.incrementAndGet()
            return interpreter.address()
        }

        @JvmStatic
        @Implementation
        fun allocateTensors(interpreter: Long, errors: Long): Long {
            expectOk(lite.TfLiteInterpreterAllocateTensors(of(interpreter)), "allocate tensors")
            return 0
        }

        @JvmStatic
        @Implementation
        fun resizeInput(
            interpreter: Long,
            errors: Long,
            input: Int,
            shape: IntArray,
            strict: Boolean,
        ): Boolean {
            val status =
                lite.TfLiteInterpreterResizeInputTensor(of(interpreter), input, shape, shape.size)
            expectOk(status, "resize the input")
            return true
        }

        @JvmStatic
        @Implementation
        fun run(interpreter: Long, errors: Long) {
            expectOk(lite.TfLiteInterpreterInvoke(of(interpreter)), "run")
        }

        @JvmStatic
        @Implementation
        fun getInputCount(interpreter: Long): Int =
            lite.TfLiteInterpreterGetInputTensorCount(of(interpreter))

        @JvmStatic
        @Implementation
        fun getOutputCount(interpreter: Long): Int =
            lite.TfLiteInterpreterGetOutputTensorCount(of(interpreter))

        @JvmStatic
        @Implementation
        fun getInputTensorIndex(interpreter: Long, input: Int): Int =
            lite.TfLiteInterpreterInputTensorIndices(of(interpreter)).get(input.toLong())

        @JvmStatic
        @Implementation
        fun getOutputTensorIndex(interpreter: Long, output: Int): Int =
            lite.TfLiteInterpreterOutputTensorIndices(of(interpreter)).get(output.toLong())

        @JvmStatic
        @Implementation
        fun getSignatureKeys(interpreter: Long): Array<String> {
            val count = lite.TfLiteInterpreterGetSignatureCount(of(interpreter))
            return Array(count) {
                lite.TfLiteInterpreterGetSignatureKey(of(interpreter), it).string
            }
        }

        @JvmStatic @Implementation fun hasUnresolvedFlexOp(interpreter: Long): Boolean = false

        @JvmStatic
        @Implementation
        fun delete(errors: Long, model: Long, interpreter: Long) {
            if (interpreter != 0L) {
                lite.TfLiteInterpreterDelete(of(interpreter))
                open.decrementAndGet()
            }
            if (model != 0L) lite.TfLiteModelDelete(TfLiteModel(at(model)))
        }

        private fun of(interpreter: Long) = TfLiteInterpreter(at(interpreter))

        private fun expectOk(status: Int, what: String) {
            require(status == 0) { "Internal error: Failed to $what (status $status)" }
        }
    }
}

@Implements(className = "org.tensorflow.lite.TensorImpl", isInAndroidSdk = false)
class ShadowTensorImpl {
    companion object {
        @JvmStatic
        @Implementation
        fun create(interpreter: Long, tensor: Int, subgraph: Int): Long {
            check(subgraph == 0)
            return lite.TfLiteInterpreterGetTensor(TfLiteInterpreter(at(interpreter)), tensor)
                .address()
        }

        /** The interpreter owns the tensor. */
        @JvmStatic @Implementation fun delete(tensor: Long) = Unit

        @JvmStatic
        @Implementation
        fun buffer(tensor: Long): ByteBuffer {
            val data = BytePointer(lite.TfLiteTensorData(of(tensor)))
            data.capacity(numBytes(tensor).toLong())
            return data.asByteBuffer().order(ByteOrder.nativeOrder())
        }

        @JvmStatic
        @Implementation
        fun writeDirectBuffer(tensor: Long, source: Buffer) {
            val status =
                lite.TfLiteTensorCopyFromBuffer(
                    of(tensor),
                    Pointer(source),
                    numBytes(tensor).toLong(),
                )
            require(status == 0) { "Internal error: cannot copy to the input" }
        }

        @JvmStatic
        @Implementation
        fun dtype(tensor: Long): Int = lite.TfLiteTensorType(of(tensor))

        @JvmStatic
        @Implementation
        fun shape(tensor: Long): IntArray =
            IntArray(lite.TfLiteTensorNumDims(of(tensor))) {
                lite.TfLiteTensorDim(of(tensor), it)
            }

        @JvmStatic @Implementation fun shapeSignature(tensor: Long): IntArray = shape(tensor)

        @JvmStatic
        @Implementation
        fun numBytes(tensor: Long): Int = lite.TfLiteTensorByteSize(of(tensor)).toInt()

        @JvmStatic @Implementation fun hasDelegateBufferHandle(tensor: Long): Boolean = false

        @JvmStatic
        @Implementation
        fun name(tensor: Long): String = lite.TfLiteTensorName(of(tensor)).string

        private fun of(tensor: Long) = TfLiteTensor(at(tensor))
    }
}

private class Address(address: Long) : Pointer() {
    init {
        this.address = address
    }
}

private fun at(address: Long): Pointer = Address(address)
