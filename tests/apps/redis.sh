# redis-server under redis-cli and redis-benchmark ($1 requests).
set -e
sock=$PWD/redis.sock
redis-server --port 0 --unixsocket "$sock" --save '' --appendonly yes --dir "$PWD" --daemonize no > server.log 2>&1 &
server=$!
cli() { redis-cli -s "$sock" "$@"; }
for _ in {1..200}; do [ "$(cli ping 2> /dev/null)" = PONG ] && break; sleep 0.1; done
cli ping
cli set key value; cli get key; cli incrby n 41; cli incr n
for i in {1..5}; do cli rpush list $i > /dev/null; done
cli lrange list 0 -1
cli zadd z 1.5 a 0.5 b 2.5 c; cli zrange z 0 -1 withscores
cli hset h f1 v1 f2 v2; cli hgetall h
cli eval 'local s = 0 for i = 1, 1000 do s = s + i end redis.call("set", "lua", s) return s' 0
seq 1 2000 | sed 's/.*/SET k& v&/' | cli --pipe | grep -o 'errors: 0, replies: 2000'
cli dbsize
cli expire key 100; cli ttl key | awk '{ print $1 > 90 }'
cli multi > /dev/null; cli setex tmp 1 x; cli exists tmp
cli bgsave; for _ in {1..100}; do [ "$(cli info persistence | grep -c 'rdb_bgsave_in_progress:0')" = 1 ] && break; sleep 0.1; done
cli info persistence | tr -d '\r' | grep rdb_last_bgsave_status
cli bgrewriteaof > /dev/null
redis-benchmark -s "$sock" -n "${1:-2000}" -c 20 -q -t set,get,incr,lpush,lpop,sadd,hset,zadd,mset --csv | awk -F, 'NR > 1 && $2 + 0 == 0 { $2 = substr($2, 2) } NR > 1 { print $1, ($2 + 0 > 0) }'
redis-benchmark -s "$sock" -n "${1:-2000}" -P 16 -q -t get --csv | wc -l
cli shutdown nosave || true
wait $server; echo "server ended with $?"
ls -d appendonlydir
