package tfstyle.sample

import android.content.ContentValues
import android.graphics.Bitmap
import android.net.Uri
import android.os.Bundle
import android.provider.MediaStore
import androidx.activity.ComponentActivity
import androidx.activity.compose.rememberLauncherForActivityResult
import androidx.activity.compose.setContent
import androidx.activity.result.PickVisualMediaRequest
import androidx.activity.result.contract.ActivityResultContracts.PickVisualMedia
import androidx.compose.foundation.Image
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.systemBarsPadding
import androidx.compose.foundation.lazy.LazyRow
import androidx.compose.foundation.lazy.items
import androidx.compose.material3.Button
import androidx.compose.material3.CircularProgressIndicator
import androidx.compose.material3.FilterChip
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.asImageBitmap
import androidx.compose.ui.platform.LocalContext
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import tfstyle.android.Accelerator
import tfstyle.android.Photographs
import tfstyle.android.StyleCatalog
import tfstyle.android.Stylizer

/** Choose a photograph, choose a style, see before and after, save. */
class MainActivity : ComponentActivity() {
    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        setContent { MaterialTheme { Painting() } }
    }
}

@Composable
private fun Painting() {
    val context = LocalContext.current
    val catalog = remember { StyleCatalog.open(context.assets) }
    var style by remember { mutableStateOf(catalog.styles.first()) }
    var place by remember { mutableStateOf<Uri?>(null) }
    var photograph by remember { mutableStateOf<Bitmap?>(null) }
    var picture by remember { mutableStateOf<Bitmap?>(null) }
    var before by remember { mutableStateOf(false) }
    var message by remember { mutableStateOf("") }
    val picker = rememberLauncherForActivityResult(PickVisualMedia()) { place = it ?: place }

    LaunchedEffect(place) {
        val uri = place ?: return@LaunchedEffect
        picture = null
        photograph =
            withContext(Dispatchers.IO) {
                Photographs.read { context.contentResolver.openInputStream(uri)!! }
            }
    }
    // Another style or photograph cancels this, and closes the stylizer.
    LaunchedEffect(style, photograph) {
        val source = photograph ?: return@LaunchedEffect
        picture = null
        Stylizer.open(context.assets, style, Accelerator.GPU).use {
            picture = it.stylize(source)
            message = it.fallback ?: "Painted on the ${it.accelerator}"
        }
    }

    Column(Modifier.systemBarsPadding()) {
        Row {
            Button({ picker.launch(PickVisualMediaRequest(PickVisualMedia.ImageOnly)) }) {
                Text("Photograph")
            }
            picture?.let { painted ->
                Button({ before = !before }) { Text(if (before) "After" else "Before") }
                Button({ save(context.contentResolver, painted, style.name) }) { Text("Save") }
            }
        }
        LazyRow {
            items(catalog.styles) {
                FilterChip(it == style, { style = it }, { Text(it.title) })
            }
        }
        val shown = if (before) photograph else picture
        if (shown != null) Image(shown.asImageBitmap(), style.credit, Modifier.fillMaxWidth())
        else if (photograph != null) CircularProgressIndicator()
        Text("${style.credit}. ${style.rights}")
        Text(message)
    }
}

private fun save(resolver: android.content.ContentResolver, picture: Bitmap, name: String) {
    val values =
        ContentValues().apply {
            put(MediaStore.Images.Media.DISPLAY_NAME, "$name.jpg")
            put(MediaStore.Images.Media.MIME_TYPE, "image/jpeg")
        }
    val uri = resolver.insert(MediaStore.Images.Media.EXTERNAL_CONTENT_URI, values) ?: return
    resolver.openOutputStream(uri)?.use { picture.compress(Bitmap.CompressFormat.JPEG, 95, it) }
}
