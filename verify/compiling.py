"""A program compiled by XLA in the cheapest way that there is: it runs once or twice, on a few small arrays.

Compiling costs far more than running: XLA's fusion emitters, an MLIR pipeline for each kernel, take most of it, and a
division of the code among threads that small programs don't fill takes a part of the rest.
"""

import re
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import jax
from jax.extend import core as jax_core

_THREAD = ThreadPoolExecutor(max_workers=1, thread_name_prefix="xla")
_OPTIONS: dict[str, Any] = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
    "xla_cpu_use_fusion_emitters": False,
    "xla_cpu_parallel_codegen_split_count": 1,
}


def start(jaxpr: Any) -> "Future[Any]":
    """Lower a closed jaxpr, and compile it in another thread, where LLVM works without holding up Python."""
    shapes = [jax.ShapeDtypeStruct(a.shape, a.dtype) for a in jaxpr.in_avals]
    with jax.enable_x64(True):
        lowered = jax.jit(jax_core.jaxpr_as_fun(jaxpr)).lower(*shapes)
    return _THREAD.submit(_compiled, lowered)


def _compiled(lowered: Any) -> Any:
    """The compiled program. An option that this version of XLA has no more, or not yet, is left out from then on."""
    while True:
        try:
            return lowered.compile(dict(_OPTIONS))
        except Exception as error:
            unknown = re.search(r"No such compile option: '(\w+)'", str(error))
            if unknown is None or _OPTIONS.pop(unknown[1], None) is None:
                raise
