# LuaJIT with its compiler on: the same results as with it off.
cat > t.lua <<'END'
local function nbody(n)
  local b = {{0,0,0,0,0,0,39.47},{4.84,-1.16,-.10,.6,2.81,-.02,.037},{8.34,4.12,-4.03e-1,-1.01,1.82,.008,.011}}
  for _ = 1, n do
    for i = 1, #b do local p = b[i]
      for j = i + 1, #b do local q = b[j]
        local dx, dy, dz = p[1]-q[1], p[2]-q[2], p[3]-q[3]
        local d2 = dx*dx + dy*dy + dz*dz; local mag = 0.01 / (d2 * math.sqrt(d2))
        p[4]=p[4]-dx*q[7]*mag; p[5]=p[5]-dy*q[7]*mag; p[6]=p[6]-dz*q[7]*mag
        q[4]=q[4]+dx*p[7]*mag; q[5]=q[5]+dy*p[7]*mag; q[6]=q[6]+dz*p[7]*mag
      end end
    for _, p in ipairs(b) do p[1]=p[1]+.01*p[4]; p[2]=p[2]+.01*p[5]; p[3]=p[3]+.01*p[6] end
  end
  return string.format("%.9f %.9f", b[1][1], b[2][2])
end
local function sieve(n)
  local c, f = 0, {}
  for i = 2, n do if not f[i] then c = c + 1; for j = i * i, n, i do f[j] = true end end end
  return c
end
local function fannkuch(n)
  local p, q, s, sign, maxflips, sum = {}, {}, {}, 1, 0, 0
  for i = 1, n do p[i] = i; q[i] = i; s[i] = i end
  repeat
    local q0 = p[1]
    if q0 ~= 1 then
      for i = 2, n do q[i] = p[i] end
      local flips = 1
      while true do
        local qq = q[q0]
        if qq == 1 then sum = sum + sign * flips; if flips > maxflips then maxflips = flips end; break end
        q[q0] = q0
        if q0 >= 4 then local i, j = 2, q0 - 1; repeat q[i], q[j] = q[j], q[i]; i = i + 1; j = j - 1 until i >= j end
        q0 = qq; flips = flips + 1
      end
    end
    if sign == 1 then p[1], p[2] = p[2], p[1]; sign = -1
    else
      p[2], p[3] = p[3], p[2]; sign = 1
      for i = 3, n do
        local sx = s[i]
        if sx ~= 1 then s[i] = sx - 1; break end
        if i == n then return sum .. " " .. maxflips end
        s[i] = i
        local t = p[1]; for j = 1, i do p[j] = p[j + 1] end; p[i + 1] = t
      end
    end
  until false
end
local scale = tonumber(arg[1])
print("nbody", nbody(2000 * scale))
print("sieve", sieve(20000 * scale))
print("fannkuch", fannkuch(7))
local t = {} for i = 1, 3000 * scale do t[i] = tostring((i * 7919) % 10007) end
table.sort(t); print("sort", t[1], t[#t], #table.concat(t, ","))
local bit = require "bit"; local h = 0
for i = 1, 50000 * scale do h = bit.bxor(bit.rol(h, 5), i) end print("bits", bit.tohex(h))
local words = {} for w in ("the quick brown fox jumps over the lazy dog the end"):gmatch("%a+") do words[w] = (words[w] or 0) + 1 end
print("words", words.the, ("abc"):rep(3, "-"), ("hello"):gsub("l", "L"))
local ffi = require "ffi"
ffi.cdef "typedef struct { double x, y; } point; int abs(int); double pow(double, double); int snprintf(char *, size_t, const char *, ...); void qsort(void *, size_t, size_t, int (*)(const void *, const void *));"
local ps = ffi.new("point[?]", 1000); for i = 0, 999 do ps[i].x, ps[i].y = i, i * 2 end
local s = 0 for r = 1, 20 * scale do for i = 0, 999 do s = s + ps[i].x * ps[i].y end end
print("ffi", s, ffi.C.abs(-5), ffi.C.pow(2, 10))
local buf = ffi.new("char[64]"); ffi.C.snprintf(buf, 64, "%d %s %.2f", ffi.new("int", 7), "text", 2.5); print(ffi.string(buf))
local a = ffi.new("int[6]", 5, 2, 9, 1, 7, 3)
ffi.C.qsort(a, 6, 4, function(p, q) return ffi.cast("int *", p)[0] - ffi.cast("int *", q)[0] end)
print("callback", a[0], a[1], a[5])
local co = coroutine.wrap(function() for i = 1, 1000 do coroutine.yield(i * i) end end)
local c = 0 for _ = 1, 1000 do c = c + co() end print("coroutines", c)
print("pcall", pcall(function() error({ code = 42 }) end), select(2, pcall(error, "plain", 0)))
local i64 = 0LL for i = 1, 30000 * scale do i64 = i64 * 31 + i end print("int64", tostring(i64))
local closures = {} for i = 1, 100 do closures[i] = function(x) return x + i end end
local k = 0 for r = 1, 100 * scale do for i = 1, 100 do k = closures[i](k) % 1000003 end end print("closures", k)
-- many small traces: compiled code comes and goes
local n = 0 for r = 1, 60 do local f = loadstring("local s = 0 for i = 1, 200 do s = s + i * " .. r .. " end return s") n = n + f() end print("loadstring", n)
if jit.status() then jit.flush() end
print("after flush", sieve(5000))
END
luajit -jon t.lua "${1:-3}" > on
echo "exit $?"
luajit -joff t.lua "${1:-3}" > off
cmp on off && echo "the same with and without"
cat on
luajit -e 'print(jit.status())' | cut -c1-4
