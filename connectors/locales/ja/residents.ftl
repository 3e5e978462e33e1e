# 住民基本台帳からの断り。最初に読むのはプログラムです。

identity-item = 項目が空か、長すぎます
    .person = 申請書の氏名と住所をお確かめください。
    .engineer = name と kana は1～100文字、address は1～200文字、application は1～32文字です。
