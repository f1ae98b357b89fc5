"""What the server takes: of a picture, of time, of memory and at once."""

from real_or_ai.check.detector import Limits

LIMITS = Limits(bytes=25_000_000, pixels=50_000_000)  # of a picture; telephones make 50 megapixels
SECONDS = 10.0  # of a request, from its first byte to its answer
EXPLAINING = 5.0  # of them, for the map; the rest is for the upload, the wait and the check
PLACES = 24  # requests at once; the next is told to come again
WORKERS = 4  # processes at most
MEMORY = 2 * 2**30  # bytes that a worker may take beyond what it has when it starts
