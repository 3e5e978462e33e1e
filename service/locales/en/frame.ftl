# The frame around every page of every server.
frame-skip = Skip to the content
frame-switch = 日本語
frame-furigana-on = Show readings (ふりがな)
frame-furigana-off = Hide readings (ふりがな)
frame-phone = Need help? Call centre 0120-000-000 (sample), weekdays 9:00 to 17:00
frame-back = Go back
frame-error-code = Code
frame-request-id = Reference
