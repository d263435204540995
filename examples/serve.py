"""Paints photographs over HTTP: uvicorn serve:app --port 8000 --limit-concurrency 64."""

import asyncio
import io
import threading
from concurrent.futures import ThreadPoolExecutor

from PIL import Image
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import tfstyle

BYTES, PIXELS, PLACES, SECONDS = 20_000_000, 12_000_000, 4, 60
CODES = {TimeoutError: 504, Image.DecompressionBombError: 413, OSError: 400, ValueError: 400}

style = tfstyle.load("mosaic", precision="auto", engine="auto")
style.stylize(Image.new("RGB", (64, 64)))  # the first picture takes longer
painter = ThreadPoolExecutor(1)  # one photograph at a time: it uses all cores
places = threading.Semaphore(PLACES)  # one photograph is painted, the others wait


def paint(data):
    """Returns the painted JPEG of an image file."""
    photograph, picture = Image.open(io.BytesIO(data)), io.BytesIO()
    if photograph.width * photograph.height > PIXELS:
        raise Image.DecompressionBombError(f"Send at most {PIXELS} pixels.")
    style.stylize(photograph).convert("RGB").save(picture, "JPEG", quality=90)
    return picture.getvalue()


async def stylize(request):
    """Paints the photograph of a request, or refuses it."""
    async with asyncio.timeout(SECONDS):
        data = bytearray()
        async for chunk in request.stream():
            data += chunk
            if len(data) > BYTES:
                raise HTTPException(413, f"Send at most {BYTES} bytes.")
        if not places.acquire(blocking=False):
            raise HTTPException(503, "Busy. Try again later.", {"Retry-After": "5"})
        job = painter.submit(paint, data)
        job.add_done_callback(lambda _: places.release())
        return Response(await asyncio.wrap_future(job), media_type="image/jpeg")


async def health(request):
    """Answers while photographs are painted."""
    return JSONResponse({"status": "ok"})


async def failed(request, error):
    """Returns an error as JSON."""
    code = next((code for kind, code in CODES.items() if isinstance(error, kind)), 500)
    code = getattr(error, "status_code", code)
    text = getattr(error, "detail", str(error) or "Not painted in time.")
    body = {"error": "Failed." if code == 500 else text}
    return JSONResponse(body, code, getattr(error, "headers", None))


routes = [Route("/stylize", stylize, methods=["POST"]), Route("/health", health)]
kinds = [HTTPException, Exception, *CODES]
app = Starlette(routes=routes, exception_handlers=dict.fromkeys(kinds, failed))
