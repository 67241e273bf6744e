"""Makes the image files beside this script with Pillow; run once, the files are committed.

Each shows four flat quarters: red, green, blue, grey (or their grey values), so that a reader's answer is known.
"""

import pathlib
import PIL
from PIL import Image

here = pathlib.Path(__file__).parent
quarters = [(200, 30, 40), (20, 180, 60), (40, 60, 220), (128, 128, 128)]
rgb = Image.new("RGB", (32, 32))
for i, colour in enumerate(quarters):
    rgb.paste(colour, (16 * (i % 2), 16 * (i // 2), 16 * (i % 2) + 16, 16 * (i // 2) + 16))

exif = Image.Exif()
exif[0x0112] = 6  # orientation: rotate by 90 degrees
rgb.save(here / "baseline.jpg", quality=95)
rgb.save(here / "progressive.jpg", quality=95, progressive=True)
rgb.save(here / "rotated-by-exif.jpg", quality=95, exif=exif)
rgb.convert("L").save(here / "grey.jpg", quality=95)
rgb.convert("CMYK").save(here / "cmyk.jpg", quality=95)
rgb.quantize(8).save(here / "palette.png")
rgb.quantize(8).save(
    here / "animated.gif", save_all=True, append_images=[Image.new("P", (32, 32))], duration=100
)
rgb.save(here / "plain.bmp")
print("Pillow", PIL.__version__)
