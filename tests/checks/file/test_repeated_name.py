from __future__ import annotations

import pandas as pd

from dsaudit.checks.file.repeated_name import repeated_name


def test_names_that_come_again_in_one_container():
    uris = ["/s/0.tar/bytes=512+4/a.wav", "/s/0.tar/bytes=1536+4/a.wav", "/s/1.tar/bytes=512+4/a.wav", "/s/a.wav"]
    uris += ["/s/1.tar/bytes=1536+4/b.wav#t=0,1", "/s/1.tar/bytes=1536+4/b.wav#t=1,2"]
    found = repeated_name(pd.DataFrame({"uri": uris}, index=pd.Index([*"abcdef"], name="item_id")))
    assert found["flagged"].to_dict() == {"a": True, "b": True, "c": False, "e": False, "f": False}
    assert repeated_name.message.format(**found.iloc[0]) == "2 files in 0.tar are called so"
