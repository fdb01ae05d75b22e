set -e
# What a reader of this example tries, while it runs; output.txt is the answer.
shop=http://localhost:8090/checkout
curl -sS -d 'price=1499.00&coupon=jessica20&order=1001' "$shop"
curl -sS -d 'price=250.00&order=1002' "$shop"
curl -sS -d 'price=12,50&order=1003' "$shop"
