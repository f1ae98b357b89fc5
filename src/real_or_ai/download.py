"""Fetches the report's data set from Kaggle."""

from pathlib import Path

import kagglehub

from real_or_ai.errors import DownloadError

HANDLE = "cashbowman/ai-generated-images-vs-real-images"


def kaggle(folder: Path) -> None:
    """Downloads and unpacks the report's Kaggle set into `folder`, with progress.

    Raises DownloadError if the folder has files already or Kaggle does not answer.
    """
    if folder.exists() and any(folder.iterdir()):
        raise DownloadError(f"{folder}: already holds files; remove it or use it as it is")
    try:
        kagglehub.dataset_download(HANDLE, output_dir=str(folder))
    except (
        Exception
    ) as error:  # kagglehub lets through what requests, zipfile and its own code raise
        raise DownloadError(
            f"kaggle.com/datasets/{HANDLE} could not be downloaded ({type(error).__name__}); check "
            f"the network, or download it in a browser and unpack it into {folder}"
        ) from error
