"""What the tests of instructions need of the processor, which is their reference."""
import ctypes
import mmap
import os
import resource
import sys

# What the rows of the instruction tables need of the processor that is their reference: an instruction
# of each extension. They are tried, as hypervisors hide from CPUID what the processor does all the same.
NEEDED = {
    "sse4_2": "f20f38f0c0",  # crc32 eax, al
    "popcnt": "f30fb8c0",  # popcnt eax, eax
    "abm": "b801000000f30fbdc083f81f74020f0b",  # lzcnt of 1 is 31; older processors take it for bsr
    "movbe": "0f38f00424",  # movbe eax, [rsp]
    "bmi1": "c4e278f2c0",  # andn eax, eax, eax
    "bmi2": "c4e27bf5c0",  # pdep eax, eax, eax
    "adx": "660f38f6c0",  # adcx eax, eax
    "aes": "660f38dcc0",  # aesenc xmm0, xmm0
    "pclmulqdq": "660f3a44c000",  # pclmulqdq xmm0, xmm0, 0
    "sha_ni": "0f38c8c0",  # sha1nexte xmm0, xmm0
    "rdpid": "f30fc7f8",  # rdpid rax
    "fsgsbase": "f3480faec0",  # rdfsbase rax
    "clflushopt": "660fae3c24",  # clflushopt [rsp]
    "clwb": "660fae3424",  # clwb [rsp]
}


def executes(code):
    """Whether the bytes run, in a process of their own."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(bytes.fromhex(code) + b"\xc3")
    function = ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        function()
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def require_processor():
    """Ends with one line where the native run could not be the reference."""
    lacking = [name for name, code in NEEDED.items() if not executes(code)]
    if lacking:
        sys.exit(f"this test needs a processor with {', '.join(lacking)}")
