"""Layers the way BuildKit and hcsshim write those of Windows images: files below Files/, each with MSWINDOWS records."""
import io
import tarfile


def add(tar, name, content=None, link=None, hard_link=None, mode=0, attributes="32", **records):
    """A directory, or a file with this content, or a link."""
    info = tarfile.TarInfo(name)
    info.mode = mode
    info.pax_headers = {"MSWINDOWS.fileattr": attributes, "MSWINDOWS.rawsd": "AQAEgBQAAAA=",
                        "LIBARCHIVE.creationtime": "1700000000.25", **records}
    if link is not None:
        info.type, info.linkname = tarfile.SYMTYPE, link
    elif hard_link is not None:
        info.type, info.linkname = tarfile.LNKTYPE, hard_link
    elif content is None:
        info.type = tarfile.DIRTYPE
    else:
        info.size = len(content)
    tar.addfile(info, io.BytesIO(content or b""))


def layer(fill, format=tarfile.PAX_FORMAT, **options):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format, **options) as tar:
        fill(tar)
    return out.getvalue()


def base(tar):
    """What every Windows image begins with: registry hives and a utility virtual machine."""
    add(tar, "Files", attributes="16")
    add(tar, "Files/License.txt", b"free")
    add(tar, "Files/old.txt", b"old")
    add(tar, "Files/Users", attributes="16")
    add(tar, "Files/Users/Default", attributes="16")
    add(tar, "Hives", attributes="16")
    for hive in ("Default", "Sam", "Security", "Software", "System"):
        add(tar, f"Hives/{hive}_Delta", b"regf" + bytes(4092))
    add(tar, "UtilityVM/Files/EFI/boot.efi", bytes(4096))
