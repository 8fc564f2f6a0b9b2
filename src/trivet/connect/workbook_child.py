"""The child that opens a workbook: limits its own memory, reads one sheet as text, writes it as Arrow, ends."""

import resource
import sys


def main(arguments: list[str]) -> int:
    """Read sheet `arguments[1]` ("" = the first) of file `arguments[0]` into Arrow file `arguments[2]`."""
    path, sheet, target, memory = arguments
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    import fastexcel  # noqa: PLC0415 - after the limit, so that it counts

    book = fastexcel.read_excel(path)
    if sheet and sheet not in book.sheet_names:
        sys.stderr.write(f"there is no sheet '{sheet}'; it has {', '.join(book.sheet_names)}\n")
        return 1
    loaded = book.load_sheet(sheet or 0, header_row=None, skip_rows=0, dtypes="string", skip_whitespace_tail_rows=True)
    loaded.to_polars().write_ipc(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
