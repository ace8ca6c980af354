"""Which device and which precision to use."""

import contextlib
import ctypes
import errno

import torch

from gplac import provenance


def best_device() -> torch.device:
    """The first CUDA device, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 in hardware; emulated, it would be slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    flags = torch.cpu.get_capabilities()
    return bool(flags.get("avx512_bf16") or flags.get("amx_bf16"))


def memory_gib(device: torch.device) -> float | None:
    """Memory of the device, or of the machine where the device is its processor; None if the system does not tell."""
    if device.type == "cuda":
        return float(torch.cuda.get_device_properties(device).total_memory / 2**30)
    return provenance.memory_gib()


def out_of_memory(error: BaseException) -> bool:
    """Whether an error is that a GPU's or the machine's memory is full, for which PyTorch has no class of its own."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "allocate memory" in str(error)


def keep_memory() -> None:
    """Let the C library keep freed memory for the next step. It returns large blocks to the system at once, and a
    tenth of a training step on the CPU went into getting the same pages back."""
    with contextlib.suppress(OSError, AttributeError):  # another C library than glibc
        mallopt = ctypes.CDLL(None).mallopt
        trim_threshold, mmap_threshold = -1, -3
        for option in (trim_threshold, mmap_threshold):
            mallopt(option, 2**31 - 1)


def precision(device: torch.device) -> str:
    """What `mixed_precision` computes products in."""
    return "bfloat16" if has_bf16(device) else "float32"


def mixed_precision(device: torch.device) -> contextlib.AbstractContextManager[object]:
    """Autocast to bfloat16 where the hardware has it."""
    return torch.autocast(device.type, torch.bfloat16, enabled=has_bf16(device))
