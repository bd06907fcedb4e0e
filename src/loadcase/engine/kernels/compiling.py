"""How kernels are compiled, and what they do that Python cannot say."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, intrinsic, lower_getattr_generic, models, register_model

entry: Any = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)  # type: ignore[call-overload]
"""How a kernel is compiled that is called from Python. Without numba's reference counts, which cost more than the
events do: a kernel may then not allocate (no `np.zeros`, no slices of arrays); scratch space is part of the State."""

_WITHIN: Any = {
    "cache": True, "error_model": "numpy", "_nrt": False, "no_cpython_wrapper": True, "no_cfunc_wrapper": True,
}  # fmt: skip
compiled: Any = njit(**_WITHIN)
"""For what only kernels call: its compilation is without the way in from Python."""

inlined: Any = njit(forceinline=True, **_WITHIN)
"""For small parts of the loop: a call that is not inlined hands over every array as seven words on the stack."""


class Reference(types.Type):
    """Type of a named tuple that is passed by its address: a call hands over one word, not seven for each array."""

    def __init__(self, of: Any) -> None:
        self.of = of
        super().__init__(name=f"Reference({of.instance_class.__name__})")

    @property
    def key(self) -> Any:
        """What makes two references of one type."""
        return self.of.key


@register_model(Reference)
class _Address(models.PrimitiveModel):
    def __init__(self, manager: Any, reference: Reference) -> None:
        super().__init__(manager, reference, manager.lookup(reference.of).get_value_type().as_pointer())


@infer_getattr
class _Members(AttributeTemplate):
    key = Reference

    def generic_resolve(self, reference: Reference, name: str) -> Any:  # type: ignore[override]
        if name not in reference.of.fields:
            return None
        member = reference.of.types[reference.of.fields.index(name)]
        return Reference(member) if isinstance(member, types.NamedTuple) else member


@lower_getattr_generic(Reference)
def _member(_context: Any, builder: Any, reference: Reference, address: Any, name: str) -> Any:
    i = reference.of.fields.index(name)
    member = cgutils.gep_inbounds(builder, address, 0, i)
    return member if isinstance(reference.of.types[i], types.NamedTuple) else builder.load(member)


def _refer(_typing: Any, value: Any) -> Any:
    """A named tuple by its address, while the function runs that asks for it."""

    def generate(_context: Any, builder: Any, _signature: Any, values: Any) -> Any:
        return cgutils.alloca_once_value(builder, values[0])

    return Reference(value)(value), generate


refer: Any = intrinsic(_refer)


def _prefetch(_typing: Any, array: Any, index: Any) -> Any:
    """Asks the memory for a row of an array, or its first and third cache lines, and does not wait for it."""
    signature = types.void(array, index)

    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        rows = context.make_array(signature.args[0])(context, builder, values[0])
        item = builder.gep(rows.data, [values[1]])
        byte, i32 = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, i32, i32, i32])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        start = builder.bitcast(item, byte)
        builder.call(function, [start, i32(0), i32(3), i32(1)])
        if isinstance(row := signature.args[0].dtype, types.Record) and row.size > 128:
            builder.call(function, [builder.gep(start, [i32(128)]), i32(0), i32(3), i32(1)])
        return context.get_dummy_value()

    return signature, generate


prefetch: Any = intrinsic(_prefetch)
