"""Headers with which a client tries to forge the public URL."""

FORGED = {
    "Forwarded": "for=192.0.2.1;host=evil.example;proto=https",
    "Front-End-Https": "on",
    "Proxy": "evil.example",
    "Script-Name": "/evil",
    "X-Forwarded-For": "192.0.2.1",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Port": "666",
    "X-Forwarded-Prefix": "/evil",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Protocol": "ssl",
    "X-Forwarded-Ssl": "on",
    "X-Original-Url": "/evil",
    "X-Real-IP": "192.0.2.1",
    "X-Script-Name": "/evil",
}
