# curl against a local nginx, both guests.
PATH=$PATH:/usr/sbin
set -e
port=$((20000 + RANDOM % 20000))
mkdir -p www logs
seq 1 50000 > www/numbers
echo "<h1>hello</h1>" > www/index.html
openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out crt.pem -days 2 -subj /CN=localhost 2> /dev/null
cat > nginx.conf <<END
daemon off; pid $PWD/nginx.pid; error_log $PWD/logs/error.log; worker_processes 2;
events { worker_connections 64; }
http {
    access_log $PWD/logs/access.log; client_body_temp_path $PWD/body; proxy_temp_path $PWD/proxy;
    fastcgi_temp_path $PWD/f; uwsgi_temp_path $PWD/u; scgi_temp_path $PWD/s; default_type text/plain;
    sendfile on; gzip on; gzip_types text/plain;
    server { listen 127.0.0.1:$port; listen 127.0.0.1:$((port + 1)) ssl; root $PWD/www;
        ssl_certificate $PWD/crt.pem; ssl_certificate_key $PWD/key.pem;
        location /echo { return 200 "\$request_method \$args\n"; }
        location /proxy/ { proxy_pass http://127.0.0.1:$port/; } }
}
END
[ "$(id -u)" != 0 ] || sed -i '1s/^/user root; /' nginx.conf
nginx -p "$PWD" -c "$PWD/nginx.conf" -e "$PWD/logs/error.log" &
server=$!
for _ in {1..200}; do curl -s -o /dev/null "http://127.0.0.1:$port/" && break; sleep 0.1; done
url=http://127.0.0.1:$port
curl -s $url/
curl -s $url/numbers | cmp - www/numbers && echo "whole file"
curl -s --compressed $url/numbers | cmp - www/numbers && echo "compressed"
curl -s -r 100-199 $url/numbers | wc -c
curl -s -o /dev/null -w '%{http_code}\n' $url/missing
curl -s "$url/echo?a=1&b=2"
curl -s -X POST -d data "$url/echo?p"
curl -s $url/proxy/index.html
curl -sI $url/numbers | grep -iE 'content-(length|type)' | tr -d '\r' | sort
curl -s --cacert crt.pem --resolve localhost:$((port + 1)):127.0.0.1 https://localhost:$((port + 1))/index.html
curl -s --parallel --parallel-max 8 $(for i in {1..40}; do echo "$url/numbers -o out$i"; done) 2> /dev/null
cat out* | wc -l
kill -HUP $server; sleep 0.5
curl -s $url/
kill -QUIT $server; wait $server
echo "nginx ended with $?"
grep -c '"GET /numbers' logs/access.log
