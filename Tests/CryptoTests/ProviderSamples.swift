/// Keys and tokens of an identity provider, made with PyJWT 2.15 and cryptography 50. All tokens are of
/// `issued`, for an hour.
enum ProviderSamples {
    static let secret = "a shared secret of thirty-two bytes or more"
    static let issuedMilliseconds: Int64 = 1_795_160_000_000

    /// RSA, 2048 bits.
    static let keyA = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA8MgpiDrg1LjQ6tCcL0bA
        y6vU4LwQqrcRuZhTInod/wHn58LVtgOOR9gXTvhjyO7gZWDUAzznu9B+Ju/DmkDA
        bnrVjMSrBoDbLT4AgW2kWbWtx7hTRfYYoa5MJWmY7uRVIVxzPI0eQtqb0r6ogaYm
        LimePxcpebVa/2Q/bzXAnlMhGQ7xtFUgmA7uiH/SEFWjQHegvPO3+vHDE4fZBQTt
        AeEjgPS/NQOP1tb/TMO+ZIICFt+n1Op16CDDsa/4AJAqNzjD1kzIsgg4vF8le+MO
        imEDRD49gezZBTlnxA9OafVAdGupK1ImSdkoX0LZgh9zt3Wx3ty7btJVyJtoYB/n
        4wIDAQAB
        -----END PUBLIC KEY-----
        """

    /// RSA, 2048 bits.
    static let keyB = """
        -----BEGIN PUBLIC KEY-----
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1/LmApVTdgUgScVnAdWI
        mWFFXnDVBE4KcmiDLqqiKJ0VoV2wJXHFwMM55zzNVcLgOkU1VuehmrJKJtilsylC
        fYbAqrtGkPBrRQFI3JtmPuiswvoeVY/96h7vk3+qYyan3dHASzW0Q5OwluY1ldl2
        c5mT5ePxh9/bAN4N80wSd//srcLENJQmDMxhBLYA4AYztDgJc3CZUUAFO/DND5Q7
        PmsoHwehMPfxE1kpPy4EvAYTDNsg49H0YOeZbXI3apP11CkX4gXMW6y6byW6BypQ
        8cSnDdEIcRDgBwNZXH704wndvWgfR7UowgmDs2z7eqemHpTtC1aNsdJx3c7nL3Qq
        vwIDAQAB
        -----END PUBLIC KEY-----
        """

    /// RSA, 1024 bits.
    static let smallKey = """
        -----BEGIN PUBLIC KEY-----
        MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDtYCE/qLjc8cJT1mrc21vrkdVL
        HoE4q9nEpMYS3teY4uzqzn4F+Sx7UfBiOFV1cntMsdtWnKLI0NXtXeGefWaxLUH6
        8LtiezqJhbCtqjk4srDFZY8J362guhd9Tn8+qYPVKP2yf5rQGNFzjUmkHLf3J3On
        UUKckLxcq3Dy4gs74wIDAQAB
        -----END PUBLIC KEY-----
        """

    /// P-256.
    static let curveKey = """
        -----BEGIN PUBLIC KEY-----
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEbxXXgpejtZfw8ZCcdRI992cZv6Ca
        /yfWo/DFIfP9eu8U0hps4EtlBGIJERiEzWefIqUUcO2oTLsjaI3gQ2Tz+g==
        -----END PUBLIC KEY-----
        """

    /// `keyA` in the older form.
    static let keyAOfPKCS1 = """
        -----BEGIN RSA PUBLIC KEY-----
        MIIBCgKCAQEA8MgpiDrg1LjQ6tCcL0bAy6vU4LwQqrcRuZhTInod/wHn58LVtgOO
        R9gXTvhjyO7gZWDUAzznu9B+Ju/DmkDAbnrVjMSrBoDbLT4AgW2kWbWtx7hTRfYY
        oa5MJWmY7uRVIVxzPI0eQtqb0r6ogaYmLimePxcpebVa/2Q/bzXAnlMhGQ7xtFUg
        mA7uiH/SEFWjQHegvPO3+vHDE4fZBQTtAeEjgPS/NQOP1tb/TMO+ZIICFt+n1Op1
        6CDDsa/4AJAqNzjD1kzIsgg4vF8le+MOimEDRD49gezZBTlnxA9OafVAdGupK1Im
        SdkoX0LZgh9zt3Wx3ty7btJVyJtoYB/n4wIDAQAB
        -----END RSA PUBLIC KEY-----
        """

    /// By `secret`.
    static let hs256 =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJhdWQiOiJjaGF"
        + "0Iiwic3ViIjoidS0xNyIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIiwiaWF0IjoxNzk1MTYwMDAwLCJuYmY"
        + "iOjE3OTUxNjAwMDAsImV4cCI6MTc5NTE2MzYwMH0.3bULJCziCcDvIY2ysYABdUW7CBmnTzVUsy_iuQyS-IE"

    /// By `keyA`, with `kid` a, for the audience chat.
    static let rs256ByA =
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImEiLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiL"
        + "CJhdWQiOiJjaGF0Iiwic3ViIjoidS0xNyIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIiwiaWF0IjoxNzk1M"
        + "TYwMDAwLCJuYmYiOjE3OTUxNjAwMDAsImV4cCI6MTc5NTE2MzYwMH0.sHgLU6qAWeXjnuZZUjb3rQ5CGrQHtEu_D"
        + "Pdgk1x3oVfh8HGl3VU8I4FKp5xoikXlbGc34wI05dKFD5CV3gvAoC1Ruhw4wPsrFCTKg5YnXRCerg8sTTL5Z1aYL"
        + "kgrwQUoKzG0XSII2zaRRhZCPIbTv2hun6FHA04Mz620k_kNwZ-35wTFOTCo1dtM6Xu93jUT6JX0LwzuyGfZgHzoJ"
        + "go4KSsPOTy56UnjMqDWUfgyWWPeLfASy4bMsculCJCAGpoeZOlIstQX3_Ug3BePwMJf6NG_Q4b8n5yRGFBzSy9-p"
        + "oOPUcDw5d98GCKPlkPl2P1FusAC9DrzE0LLVBb2PGT6lQ"

    /// By `keyB`, with `kid` b, for the audiences mail and chat, named Zoë 😀.
    static let rs256ByB =
        "eyJhbGciOiJSUzI1NiIsImtpZCI6ImIiLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiL"
        + "CJhdWQiOlsibWFpbCIsImNoYXQiXSwic3ViIjoidS0xNyIsInByZWZlcnJlZF91c2VybmFtZSI6IlpvXHUwMGViI"
        + "Fx1ZDgzZFx1ZGUwMCIsImlhdCI6MTc5NTE2MDAwMCwibmJmIjoxNzk1MTYwMDAwLCJleHAiOjE3OTUxNjM2MDB9."
        + "ptIGNz6iZzZQJxLwYw1oVs6_u6v4nW58EdZhG5oiRRsc7lb8C_O6faxE_8uN-D5JWgMFKAEl-CBHRsBXhE0RA5eP"
        + "4pn0kMAkasH3xrcn1HdjIALQtizM6igEc7_CI2KhywgogV45wp48jTHX0cmcUBvNd8bg5Jx9y1fn5Uha-qL5T4pe"
        + "kb-zcWpEri3SgZRSGINct9Qi8L4nWIVuzVBwY3pnrckA5j-YuyWM5vhoxE4o45uJ7QiqkIhaZTiMmkc0_-nrD6_W"
        + "q6JnAAAXKnPIP_jHrKmSiYEqhV6DZYeCBm5LBAzrGxXymwUqcuAWXvRGmhE5haU01E0rjdDnosV83A"

    /// By `keyA`, without `kid`.
    static let rs256WithoutKid =
        "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJhdWQiOiJjaGF"
        + "0Iiwic3ViIjoidS0xNyIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIiwiaWF0IjoxNzk1MTYwMDAwLCJuYmY"
        + "iOjE3OTUxNjAwMDAsImV4cCI6MTc5NTE2MzYwMH0.QGy-L0tvQdhO1MyYfz8Zfhb7_E0dJm8Nxh766P4ISRULz-X"
        + "vRb7Bh46A0p9Lm_kWGRwc3lorsroYoLmJ4kELy1eDJ9qKJb8EIjyVo9f94QFgsTFlksfPgL3WrEzwlW6xTLRk3m0"
        + "4wsPgKOAeotTMmJgeUSXqlzVfjYUA-r6lMnDw69E_s63ulAD9pnmL7iAK5ctErM-5zSv2ETkWSDRGiRWeySy6s2f"
        + "GlFcKbZI-GKdy5BTNKS9ov_b2t5BYER3Atck3BXekv69IqJbiwUVRPnUS3vBYApynNXlz5p0QXL7fv9cg7L7CWRW"
        + "-YhqLhBVmpFzI1ZVzCDO8t4nDcbM6nA"

    /// PS256 by `keyA`.
    static let ps256 =
        "eyJhbGciOiJQUzI1NiIsImtpZCI6ImEiLCJ0eXAiOiJKV1QifQ.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiL"
        + "CJhdWQiOiJjaGF0Iiwic3ViIjoidS0xNyIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIiwiaWF0IjoxNzk1M"
        + "TYwMDAwLCJuYmYiOjE3OTUxNjAwMDAsImV4cCI6MTc5NTE2MzYwMH0.d8aCWCP5JHr7eo5BWIHLA38fWZvmfulqx"
        + "1qM3BZF9jUl1aTG-YJGcSn-NEWu16x_drJwfRtOULZTqzp_SIQ5OoB56qH_KfVZRoiP2nhd7HjmT-PmxZ6J7VA1H"
        + "kP5JHXCR8zEDqoddGo_7AqnAu7e-xSFWkunZmbEDk0vIrOLpaGrUp0xapwlfBo3rQ7QgSqlB4fMasyRTyuz5f2IE"
        + "tdS-rAUMThBN_BmwnYxetobGDiUZD3JnxPRYHsbe78KcWi9OG8Kbh2D0-pOGXok1fAknjWYKN2PDV6RxaPP3nIMC"
        + "3JzIhXX6V4CyP_IEG1OMedc-viqHUHN9QOBe-wO8fZuWA"

    /// `none`.
    static let unsigned =
        "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJhdWQiOiJjaGF0"
        + "Iiwic3ViIjoidS0xNyIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIiwiaWF0IjoxNzk1MTYwMDAwLCJuYmYi"
        + "OjE3OTUxNjAwMDAsImV4cCI6MTc5NTE2MzYwMH0."

    /// HS512 by `secret`.
    static let hs512 =
        "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUiLCJhdWQiOiJjaGF"
        + "0Iiwic3ViIjoidS0xNyIsInByZWZlcnJlZF91c2VybmFtZSI6ImFsaWNlIiwiaWF0IjoxNzk1MTYwMDAwLCJuYmY"
        + "iOjE3OTUxNjAwMDAsImV4cCI6MTc5NTE2MzYwMH0.yy_9z_x1uxr1f2BOg2s2SzzpWgprj7DpLnWOc_cRhAFDb1q"
        + "MVWtUoVrXQ25M3vQYCl5TFAYCGnk-uDhjmCyMlQ"

    /// HS256 with the text of `keyA` for a secret: what everybody knows.
    static let confused =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6ImEifQ.eyJpc3MiOiAiaHR0cHM6Ly9pZC5leGFtcGxlI"
        + "iwgImF1ZCI6ICJjaGF0IiwgInN1YiI6ICJ1LTE3IiwgInByZWZlcnJlZF91c2VybmFtZSI6ICJhbGljZSIsICJpY"
        + "XQiOiAxNzk1MTYwMDAwLCAibmJmIjogMTc5NTE2MDAwMCwgImV4cCI6IDE3OTUxNjM2MDB9.vAZIMlvc--QAqN_g"
        + "FdNgZyudJCKebgJvo7gSmtQkM7Y"
}
