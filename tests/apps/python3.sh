# CPython: its modules that lean on the system.
exec 2>&1
python3 -c pass && echo "pass ok"
cat > t.py <<'END'
import asyncio, ctypes, decimal, hashlib, json, lzma, mmap, multiprocessing, os, queue, random, re
import select, signal, socket, sqlite3, ssl, struct, subprocess, sys, tempfile, threading, time, zlib

def show(name, value):
    print(f"{name}: {value}", flush=True)

def square(x):
    return x * x

def main():
    show("platform", (sys.platform, os.uname().machine, sys.maxsize))
    show("exe", os.path.basename(os.readlink("/proc/self/exe")))
    show("subprocess", subprocess.run(["tr", "a-z", "A-Z"], input=b"hello", capture_output=True).stdout)
    p = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    show("popen", p.communicate("text\n"))
    show("shell", subprocess.call("exit 5", shell=True))
    show("killed", subprocess.run(["sh", "-c", "kill -9 $$"]).returncode)

    total, lock = 0, threading.Lock()
    def work(n):
        nonlocal total
        for i in range(n):
            with lock:
                total += i
    threads = [threading.Thread(target=work, args=(1000,)) for _ in range(8)]
    [t.start() for t in threads]; [t.join() for t in threads]
    show("threads", total)
    q = queue.Queue(3)
    consumer = threading.Thread(target=lambda: show("queue", sum(iter(q.get, None))))
    consumer.start()
    for i in range(100): q.put(i)
    q.put(None); consumer.join()
    e = threading.Event(); show("timed wait", e.wait(0.01))

    with multiprocessing.Pool(2) as pool:
        show("pool", sum(pool.map(square, range(200))))
    if len(sys.argv) > 1:
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            show("spawned pool", sum(pool.map(square, range(50))))
    a, b = multiprocessing.Pipe()
    child = multiprocessing.Process(target=lambda: b.send([1, "two", 3.0]))
    child.start(); show("pipe", a.recv()); child.join(); show("exitcode", child.exitcode)
    value = multiprocessing.Value("i", 0)
    def add():
        for _ in range(100):
            with value.get_lock(): value.value += 1
    ps = [multiprocessing.Process(target=add) for _ in range(3)]
    [x.start() for x in ps]; [x.join() for x in ps]
    show("shared value", value.value)

    ctx = ssl.create_default_context()
    show("ssl", (ctx.check_hostname, ctx.verify_mode.name, ssl.HAS_TLSv1_3))
    db = sqlite3.connect("t.db")
    db.execute("create table t(a integer primary key, b text, c real)")
    db.executemany("insert into t(b, c) values (?, ?)", ((f"row{i}", i / 7) for i in range(1000)))
    db.commit()
    show("sqlite", db.execute("select count(*), sum(a), round(avg(c), 6), max(b) from t").fetchone())

    libc = ctypes.CDLL("libc.so.6", use_errno=True)
    compare_t = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
    data = (ctypes.c_int * 8)(5, 3, 8, 1, 9, 2, 7, 4)
    libc.qsort(data, 8, 4, compare_t(lambda x, y: x[0] - y[0]))
    show("ctypes callback", list(data))
    libm = ctypes.CDLL("libm.so.6"); libm.pow.restype = ctypes.c_double
    libm.pow.argtypes = [ctypes.c_double] * 2
    show("ctypes double", libm.pow(2.5, 3.5))
    show("ctypes errno", (libc.open(b"/nonexistent", 0), ctypes.get_errno()))
    class Pair(ctypes.Structure):
        _fields_ = [("quot", ctypes.c_int), ("rem", ctypes.c_int)]
    libc.div.restype = Pair
    r = libc.div(17, 5); show("ctypes struct", (r.quot, r.rem))

    async def ticker(n):
        for i in range(n): await asyncio.sleep(0.001)
        return n
    async def together(): return await asyncio.gather(*(ticker(i) for i in range(5)))
    show("asyncio", asyncio.run(together()))
    async def program():
        p = await asyncio.create_subprocess_exec("echo", "from asyncio", stdout=subprocess.PIPE)
        return (await p.communicate())[0]
    show("asyncio subprocess", asyncio.run(program()))

    got = []
    signal.signal(signal.SIGALRM, lambda s, f: got.append(s))
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    while not got: time.sleep(0.005)
    show("alarm", got)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    os.kill(os.getpid(), signal.SIGUSR1)
    show("pending", signal.sigpending()); show("sigwait", signal.sigwait([signal.SIGUSR1]))

    s = socket.create_server(("127.0.0.1", 0))
    def client():
        with socket.create_connection(s.getsockname()) as c: c.sendall(b"x" * 100000)
    t = threading.Thread(target=client); t.start()
    c, _ = s.accept(); n = 0
    while chunk := c.recv(65536): n += len(chunk)
    t.join(); c.close(); s.close(); show("socket", n)
    left, right = socket.socketpair()
    with tempfile.TemporaryFile() as f:
        f.write(b"passed"); f.flush()
        socket.send_fds(left, [b"fd"], [f.fileno()])
        msg, fds, _, _ = socket.recv_fds(right, 10, 1)
        show("fd passing", (msg, os.pread(fds[0], 10, 0)))
    poll = select.epoll(); poll.register(right.fileno(), select.EPOLLIN)
    left.send(b"!"); show("epoll", len(poll.poll(1)))
    with open("m", "w+b") as f:
        f.truncate(8192); m = mmap.mmap(f.fileno(), 8192); m[4090:4100] = b"0123456789"; m.flush()
        f.seek(4090); show("mmap", f.read(10)); m.close()
    m = mmap.mmap(-1, 4096)
    if os.fork() == 0: m[0:5] = b"child"; os._exit(0)
    os.wait(); show("shared mmap", m[0:5])

    random.seed(42); show("random", [random.randrange(1000) for _ in range(5)])
    show("float", (0.1 + 0.2, 2 ** 0.5, 1e308 * 10, -7 // 2, 7.5 % -2, round(2.675, 2)))
    show("bigint", str(3 ** 500)[-20:]); show("factorial", hash(json.dumps(list(range(100)))) != 0)
    decimal.getcontext().prec = 50; show("decimal", decimal.Decimal(2).sqrt())
    text = json.dumps({"a": [1, 2.5, None, True, "\u00e9"], "b": {"c": -1e-7}}, sort_keys=True)
    show("json", (text, json.loads(text)["b"]["c"]))
    blob = bytes(i * i % 251 for i in range(50000))
    show("hashes", [hashlib.new(h, blob).hexdigest()[:12] for h in ("md5", "sha1", "sha256", "sha3_256", "blake2b")])
    show("zlib", (len(zlib.compress(blob, 9)), zlib.crc32(blob), zlib.adler32(blob)))
    show("lzma", lzma.decompress(lzma.compress(blob)) == blob)
    show("struct", struct.pack("<hIqd", -2, 3, -4, 1.5).hex())
    show("re", re.sub(r"(\w+)@(\w+)\.com", r"\2 at \1", "joe@example.com, ann@test.com"))
    show("sort", sorted(range(1000), key=lambda x: (x * 7919) % 1009)[:5])
    try: 1 // 0
    except ZeroDivisionError as error: show("exception", error)
    def deep(n): return 0 if n == 0 else 1 + deep(n - 1)
    try: deep(10 ** 6)
    except RecursionError: show("recursion", "limited")
    show("listdir", str(os.getpid()) in os.listdir("/proc/self/task"))

main() if __name__ == "__main__" else None
END
python3 t.py
echo "exit $?"
python3 -c 'import os, signal; os.kill(os.getpid(), signal.SIGTERM)'
echo "exit $?"
echo 'print(input()[::-1])' > r.py
echo abc | python3 r.py
