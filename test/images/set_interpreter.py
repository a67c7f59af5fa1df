"""set_interpreter.py PROGRAM OUTPUT INTERPRETER: copies a 64-bit ELF program with another interpreter."""
import os
import struct
import sys

PT_INTERP = 3


def main(program, output, interpreter):
    image = bytearray(open(program, "rb").read())
    table, = struct.unpack_from("<Q", image, 32)
    size, count = struct.unpack_from("<HH", image, 54)
    for header in range(table, table + size * count, size):
        kind, = struct.unpack_from("<I", image, header)
        if kind == PT_INTERP:
            offset, = struct.unpack_from("<Q", image, header + 8)
            room, = struct.unpack_from("<Q", image, header + 32)
            name = interpreter.encode() + b"\0"
            if len(name) > room:
                sys.exit(f"{interpreter} does not fit into {program}")
            image[offset:offset + room] = name.ljust(room, b"\0")
            struct.pack_into("<Q", image, header + 32, len(name))
            break
    else:
        sys.exit(f"{program} has no interpreter")
    with open(output, "wb") as file:
        file.write(image)
    os.chmod(output, 0o755)


main(*sys.argv[1:])
