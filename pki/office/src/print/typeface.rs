//! A font: which characters it has, how wide they are, and their glyphs.
//!
//! Japanese needs no shaping but one thing: a character followed by a variation selector (IVS) is
//! one glyph, the very variant that the resident register holds.

use std::path::Path;
use std::sync::Arc;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::charmap::{Charmap, MapVariant};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider as _};

use super::PrintError;

/// One face of a font file, in memory.
pub(super) struct Typeface {
    data: Arc<Vec<u8>>,
    index: u32,
    font: Font,
}

impl std::fmt::Debug for Typeface {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Typeface").field("bytes", &self.data.len()).finish_non_exhaustive()
    }
}

impl Typeface {
    /// Reads the face `index` of a font file or collection.
    pub fn load(path: &Path, index: u32) -> Result<Self, PrintError> {
        let failed = |cause: String| PrintError::Font { path: path.to_owned(), cause };
        let data = std::fs::read(path).map(Arc::new).map_err(|cause| failed(cause.to_string()))?;
        let none = || failed(format!("there is no face {index} in it"));
        let font = Font::new(Arc::clone(&data).into(), index).ok_or_else(none)?;
        Ok(Self { data, index, font })
    }

    /// For drawing.
    pub fn font(&self) -> Font {
        self.font.clone()
    }

    /// The glyphs of `text`; one that is missing is the error.
    pub fn glyphs(&self, text: &str) -> Result<Vec<KrillaGlyph>, PrintError> {
        let first = text.chars().next();
        let reader = first.map(|first| self.reader(first)).transpose()?;
        let Some(reader) = reader else { return Ok(Vec::new()) };
        let mut glyphs = Vec::with_capacity(text.len() / 2);
        let mut characters = text.char_indices().peekable();
        while let Some((start, base)) = characters.next() {
            let selector = characters.next_if(|(_, next)| is_selector(*next)).map(|(_, next)| next);
            let end = characters.peek().map_or(text.len(), |(at, _)| *at);
            glyphs.push(reader.glyph(base, selector, start..end)?);
        }
        Ok(glyphs)
    }

    /// How wide `text` is, in ems.
    pub fn width(&self, text: &str) -> Result<f32, PrintError> {
        Ok(self.glyphs(text)?.iter().map(|glyph| glyph.x_advance).sum())
    }

    /// Reading the tables' places is cheap; holding them would borrow from ourselves.
    fn reader(&self, first: char) -> Result<Reader<'_>, PrintError> {
        let font = FontRef::from_index(&self.data, self.index)
            .map_err(|_| PrintError::Character(first))?;
        Ok(Reader {
            map: font.charmap(),
            metrics: font.glyph_metrics(Size::unscaled(), LocationRef::default()),
            em: self.font.units_per_em(),
        })
    }
}

struct Reader<'a> {
    map: Charmap<'a>,
    metrics: GlyphMetrics<'a>,
    em: f32,
}

impl Reader<'_> {
    fn glyph(
        &self,
        base: char,
        selector: Option<char>,
        range: std::ops::Range<usize>,
    ) -> Result<KrillaGlyph, PrintError> {
        let missing = || PrintError::Character(selector.unwrap_or(base));
        // A combining mark would stand beside its letter instead of on it.
        if unicode_normalization::char::is_combining_mark(base) {
            return Err(missing());
        }
        let plain = self.map.map(base);
        let chosen = match selector {
            None => plain,
            Some(selector) => match self.map.map_variant(base, selector) {
                Some(MapVariant::Variant(glyph)) => Some(glyph),
                Some(MapVariant::UseDefault) => plain,
                None => None,
            },
        };
        let glyph = chosen.filter(|glyph| glyph.to_u32() != 0).ok_or_else(missing)?;
        let advance = self.metrics.advance_width(glyph).unwrap_or(self.em) / self.em;
        let id = GlyphId::new(glyph.to_u32());
        Ok(KrillaGlyph::new(id, advance, 0.0, 0.0, 0.0, range, None))
    }
}

/// A variation selector (Unicode 23.4), with which the resident register names a variant.
fn is_selector(character: char) -> bool {
    matches!(character, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::FontConfig;
    use proptest::prelude::*;

    fn face() -> Typeface {
        let config = FontConfig::default();
        Typeface::load(&config.regular, config.index).unwrap()
    }

    #[test]
    fn the_variants_in_names_have_their_glyphs() {
        let face = face();
        for name in ["山﨑", "髙橋", "𠮷野", "德永", "渡邉 渡邊", "濵田", "ウエノ タロウ", "ｳｴﾉ"]
        {
            assert_eq!(face.glyphs(name).unwrap().len(), name.chars().count(), "{name}");
        }
        let [plain, variant] =
            ["辻\u{E0101}", "辻\u{E0100}"].map(|name| face.glyphs(name).unwrap().remove(0));
        assert_ne!(plain.glyph_id, variant.glyph_id);
        assert_eq!(variant.text_range, 0..7);
    }

    #[test]
    fn what_the_font_lacks_is_named() {
        let face = face();
        for (text, missing) in [
            ("山\u{E000}", '\u{E000}'),
            ("\u{3099}", '\u{3099}'),
            ("か\u{3099}", '\u{3099}'),
            ("山\u{E01EF}", '\u{E01EF}'),
            ("a\nb", '\n'),
            ("😀", '😀'),
        ] {
            assert_eq!(face.width(text), Err(PrintError::Character(missing)), "{text:?}");
        }
    }

    #[test]
    fn a_wide_character_is_an_em() {
        assert_eq!(face().width("上野　太郎"), Ok(5.0));
        assert_eq!(face().width(""), Ok(0.0));
    }

    #[test]
    fn a_file_that_is_no_font_is_named() {
        let error = Typeface::load(Path::new("/dev/null"), 0).unwrap_err().to_string();
        assert!(error.contains("/dev/null"), "{error}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_is_drawn_whole_or_refused(texts in proptest::collection::vec(".{0,40}", 20)) {
            let face = face();
            for text in texts {
                if let Ok(glyphs) = face.glyphs(&text) {
                    let covered: usize = glyphs.iter().map(|glyph| glyph.text_range.len()).sum();
                    prop_assert_eq!(covered, text.len());
                }
            }
        }
    }
}
