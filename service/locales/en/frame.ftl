# The frame around every page of every server.
frame-skip = Skip to the content
frame-switch = 日本語
frame-furigana-on = Show readings (ふりがな)
frame-furigana-off = Hide readings (ふりがな)
frame-phone = Need help? The call centre's number is in the papers that came with your card. You can also ask where you received it.
frame-phone-call = Need help? Call centre { $call }
frame-back = Go back
frame-error-code = Code
frame-request-id = Reference
