from notifications import tokens


def test_a_new_token_looks_like_one_and_fits_a_short_text() -> None:
    token = tokens.new_token()

    assert len(token) == 16
    assert tokens.looks_like_token(token)
    assert tokens.new_token() != token


def test_the_hash_is_the_published_sha256_of_abc() -> None:
    # FIPS 180-2, appendix B.1.
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

    assert tokens.hash_token("abc") == expected


def test_other_texts_do_not_look_like_a_token() -> None:
    assert not any(
        map(tokens.looks_like_token, ["", "short", "a" * 17, "abcdefgh ijklmno", "案" * 16, "a" * 15 + "\n"])
    )


def test_the_token_of_an_action_link_is_found_though_chinese_follows_it_at_once() -> None:
    assert tokens.find_action_token("新任务 http://g.cn/a/AbCdEfGh-_123456回复1") == "AbCdEfGh-_123456"


def test_a_case_page_carries_no_token_of_its_own() -> None:
    assert tokens.find_action_token("进度 http://g.cn/r/AbCdEfGh-_123456") is None
    assert tokens.find_action_token("http://g.cn/a/AbCdEfGh-_1234567") is None
