# openssl: digests, ciphers, keys, certificates, s_client to a local s_server, speed.
set -e
seq 1 20000 > data
for d in md5 sha1 sha256 sha512 sha3-256 blake2b512; do openssl dgst -$d data | sed 's/.*= //' | cut -c1-24; done
for c in aes-128-cbc aes-256-ctr chacha20 camellia-128-cbc; do
    openssl enc -$c -pbkdf2 -k secret -in data -out data.enc
    openssl enc -d -$c -pbkdf2 -k secret -in data.enc | cmp - data && echo "$c ok"
done
openssl req -x509 -newkey rsa:2048 -nodes -keyout rsa.pem -out rsa.crt -days 2 -subj /CN=localhost 2> /dev/null
openssl verify -CAfile rsa.crt rsa.crt
openssl ecparam -name prime256v1 -genkey -noout -out ec.pem
openssl dgst -sha256 -sign ec.pem -out sig data
openssl ec -in ec.pem -pubout -out ec.pub 2> /dev/null
openssl dgst -sha256 -verify ec.pub -signature sig data
openssl genpkey -algorithm ed25519 -out ed.pem && openssl pkeyutl -sign -inkey ed.pem -rawin -in data -out ed.sig && echo signed
openssl prime 1000003; openssl rand 16 | wc -c
port=$((20000 + RANDOM % 20000))
for version in tls1_2 tls1_3; do
    openssl s_server -quiet -accept 127.0.0.1:$port -cert rsa.crt -key rsa.pem -$version -naccept 1 -www > server.log 2>&1 &
    server=$!
    for _ in {1..100}; do
        if (echo "GET / HTTP/1.0"; echo; sleep 0.3) | openssl s_client -connect 127.0.0.1:$port -CAfile rsa.crt -verify_return_error -quiet > page 2> client.log; then break; fi
        sleep 0.1
    done
    grep -c "HTTP/1.0 200" page
    grep -oE "^    Protocol *: TLSv1.[23]|New, TLSv1.[23]" page | grep -oE 'TLSv1.[23]' | head -1
    kill $server 2> /dev/null || true
    wait $server 2> /dev/null || true
    port=$((port + 1))
done
openssl speed -seconds 1 -evp sha256 > speed 2>&1; tail -1 speed | awk '{ print $1, NF }'
openssl speed -seconds 1 rsa2048 ecdsap256 > speed 2>&1 && grep -c 'sign/s' speed
