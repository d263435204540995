"""A user's script, which is only type-checked: see check.py."""

from pathlib import Path

import numpy as np
from PIL import Image

import tfstyle

style = tfstyle.load("mosaic")
picture = style.stylize("docs/images/photograph.jpg")
picture.save("picture.jpg")
same = style.stylize(Path("docs/images/photograph.jpg"), strength=0.5)
same.save("same.jpg")
with Image.open("docs/images/photograph.jpg") as photograph:
    style.stylize(photograph, keep_colors=True, mask="mask.png").show()
batch = style.stylize(np.zeros((2, 32, 32, 3), "uint8"))
print(batch.shape, batch.dtype)
look = tfstyle.Look(strength=0.6)
style.paint(picture, look).save("look.jpg")

recipe = tfstyle.Recipe(painting="my_painting.jpg", start="trunk", steps=2000)
trained = tfstyle.train(recipe, "photographs/", "my_painting/training")
timed = tfstyle.train(
    recipe, "photographs/", "other", minutes=10, report=lambda report: print(report.seconds_left)
)
print(timed.recipe.steps, timed.card["training"])
trained.save("my_painting", previews=["holiday.jpg"])
trunk = tfstyle.load_trunk()
trunk.stylize("photo.jpg", {"mosaic": 0.6, "great_wave": 0.4}).save("blend.jpg")
trunk.bake("mosaic").save("baked")
for name, generators in tfstyle.list_styles().items():
    print(name.upper(), ", ".join(generators))
layer = tfstyle.InstanceNormalization()
model = tfstyle.johnson(width=8)
other = tfstyle.GENERATORS["pyramid"](width=8)
tfstyle.export.to_tflite(style, "mosaic.tflite", precision="float16")
tfstyle.export.to_saved_model(style, "mosaic_saved_model")
tfstyle.stylize_animation(style, "clip.gif", "out.gif")
content, facts = tfstyle.export.to_bytes(style, size=384)
print(len(content), facts["size"])
try:
    tfstyle.load("mosiac")
except tfstyle.UnusableStyleError as error:
    print(error.reason.upper())
