//! The information base as text: words, pinyin, synonyms, typing errors, import. Pure.
