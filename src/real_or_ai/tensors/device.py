"""Where torch computes: found out, said, never a parameter."""

import os

import torch


def find_device() -> torch.device:
    """A GPU if there is one, else the CPU; says which. On a CPU its results repeat to the byte."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS is not deterministic else
    # Only a warning: that every kernel we use has a deterministic form was not tried on a GPU yet.
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Determinism would fill all new memory with NaN first, which took more than half of the time
    # of augmenting on a CPU; nothing here reads what it has not written.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    # Where autocast does not reach, as for features, float32 is what the exported file computes in.
    torch.backends.cudnn.allow_tf32 = False
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    name = torch.cuda.get_device_name() if device.type == "cuda" else f"{os.cpu_count()} cores"
    print(f"device: {device.type} ({name})")
    return device
