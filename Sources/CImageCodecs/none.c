int ct_codecs_none;
