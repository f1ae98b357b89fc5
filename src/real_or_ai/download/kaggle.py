"""The report's data set as Kaggle has it: one archive, by Kaggle's own client."""

import shutil
from pathlib import Path

import kagglehub

from real_or_ai.conventions.errors import DownloadError, WriteError
from real_or_ai.conventions.outputs import replacing

HANDLE = "cashbowman/ai-generated-images-vs-real-images"


def fetch(folder: Path) -> None:
    """Downloads the report's Kaggle set into `folder`, with progress, whole or not at all.

    Raises DownloadError if the folder has files already or Kaggle does not answer, and what
    `replacing` raises of a disk that cannot take it.
    """
    if folder.exists() and any(folder.iterdir()):
        raise DownloadError(f"{folder}: already holds files; remove it or use it as it is")
    try:
        with replacing(folder) as temporary:
            kagglehub.dataset_download(HANDLE, output_dir=str(temporary))
            shutil.rmtree(temporary / ".complete", ignore_errors=True)  # kagglehub's own mark
    except WriteError:
        raise
    except Exception as error:  # kagglehub lets through what requests and zipfile raise
        raise DownloadError(
            f"kaggle.com/datasets/{HANDLE} could not be downloaded ({type(error).__name__}); check "
            f"the network, or download it in a browser and unpack it into {folder}"
        ) from error
