//! A page that is being drawn, in millimetres from its upper left corner.

use krilla::color::luma;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::{Document, SerializeSettings};

use super::PrintError;
use super::typeface::Typeface;
use super::wrap::wrap;
use crate::config::FontConfig;

const POINTS_PER_MM: f32 = 72.0 / 25.4;
/// From one baseline to the next, in ems.
const LEADING: f32 = 1.65;

/// Both weights.
#[derive(Debug)]
pub(super) struct Fonts {
    regular: Typeface,
    bold: Typeface,
}

impl Fonts {
    pub fn load(config: &FontConfig) -> Result<Self, PrintError> {
        Ok(Self {
            regular: Typeface::load(&config.regular, config.index)?,
            bold: Typeface::load(&config.bold, config.index)?,
        })
    }

    fn of(&self, style: Style) -> &Typeface {
        if style.bold { &self.bold } else { &self.regular }
    }

    /// How wide `text` is, in millimetres.
    pub fn width(&self, style: Style, text: &str) -> Result<f32, PrintError> {
        Ok(self.of(style).width(text)? * style.em())
    }

    /// The lines of `text` when none may be wider than `width` millimetres.
    pub fn lines(&self, style: Style, text: &str, width: f32) -> Result<Vec<String>, PrintError> {
        wrap(self.of(style), text, width / style.em())
    }
}

/// How text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// In points.
    pub size: f32,
    /// Bold, or regular.
    pub bold: bool,
    /// 0 is black, 255 white.
    pub shade: u8,
}

impl Style {
    pub const fn regular(size: f32) -> Self {
        Self { size, bold: false, shade: 0 }
    }

    pub const fn bold(size: f32) -> Self {
        Self { size, bold: true, shade: 0 }
    }

    pub const fn grey(self) -> Self {
        Self { shade: 90, ..self }
    }

    /// An em, in millimetres.
    fn em(self) -> f32 {
        self.size / POINTS_PER_MM
    }

    /// From one baseline to the next, in millimetres.
    pub fn leading(self) -> f32 {
        self.em() * LEADING
    }
}

/// A page's size in millimetres.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub width: f32,
    pub height: f32,
}

/// A document that is being written.
pub(super) struct Paper<'f> {
    document: Document,
    fonts: &'f Fonts,
}

impl<'f> Paper<'f> {
    /// `title` names the kind of paper, never a person.
    pub fn new(fonts: &'f Fonts, title: &str) -> Self {
        let mut document = Document::new_with(SerializeSettings::default());
        let metadata = Metadata::new().title(title.to_owned()).language("ja".to_owned());
        document.set_metadata(metadata);
        Self { document, fonts }
    }

    /// Adds a page.
    pub fn page(
        &mut self,
        size: Size,
        draw: impl FnOnce(&mut Sheet<'_, 'f>) -> Result<(), PrintError>,
    ) -> Result<(), PrintError> {
        let wrong = || PrintError::Document("a page without extent".to_owned());
        let (width, height) = (size.width * POINTS_PER_MM, size.height * POINTS_PER_MM);
        let settings = PageSettings::from_wh(width, height).ok_or_else(wrong)?;
        let mut page = self.document.start_page_with(settings);
        let drawn = draw(&mut Sheet { surface: page.surface(), fonts: self.fonts });
        page.finish();
        drawn
    }

    /// The document's bytes.
    pub fn finish(self) -> Result<Vec<u8>, PrintError> {
        self.document.finish().map_err(|cause| PrintError::Document(cause.to_string()))
    }
}

/// A page that is being drawn. Places are `(x, y)` in millimetres; of text, its baseline's start.
pub(super) struct Sheet<'a, 'f> {
    surface: Surface<'a>,
    fonts: &'f Fonts,
}

impl<'f> Sheet<'_, 'f> {
    pub fn fonts(&self) -> &'f Fonts {
        self.fonts
    }

    /// One line of text.
    pub fn text(&mut self, at: (f32, f32), style: Style, text: &str) -> Result<(), PrintError> {
        let face = self.fonts.of(style);
        let glyphs = face.glyphs(text)?;
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(fill(style.shade)));
        self.surface.draw_glyphs(point(at), &glyphs, face.font(), text, style.size, false);
        Ok(())
    }

    /// One line of text that ends at `at`.
    pub fn text_to(&mut self, at: (f32, f32), style: Style, text: &str) -> Result<(), PrintError> {
        let width = self.fonts.width(style, text)?;
        self.text((at.0 - width, at.1), style, text)
    }

    /// Text in lines of `width` at most; gives the baseline after the last.
    pub fn paragraph(
        &mut self,
        at: (f32, f32),
        width: f32,
        style: Style,
        text: &str,
    ) -> Result<f32, PrintError> {
        let (x, mut y) = at;
        for line in self.fonts.lines(style, text, width)? {
            self.text((x, y), style, &line)?;
            y += style.leading();
        }
        Ok(y)
    }

    /// A thin line.
    pub fn rule(&mut self, from: (f32, f32), to: (f32, f32), points: f32, dashed: bool) {
        let mut path = PathBuilder::new();
        let (from, to) = (point(from), point(to));
        path.move_to(from.x, from.y);
        path.line_to(to.x, to.y);
        let dash = dashed.then(|| StrokeDash { array: vec![2.0, 2.0], offset: 0.0 });
        self.stroke(path, Stroke { width: points, dash, ..Stroke::default() });
    }

    /// A frame.
    pub fn frame(&mut self, at: (f32, f32), size: Size, points: f32) {
        let (width, height) = (size.width * POINTS_PER_MM, size.height * POINTS_PER_MM);
        let at = point(at);
        let Some(rectangle) = Rect::from_xywh(at.x, at.y, width, height) else { return };
        let mut path = PathBuilder::new();
        path.push_rect(rectangle);
        self.stroke(path, Stroke { width: points, ..Stroke::default() });
    }

    fn stroke(&mut self, path: PathBuilder, stroke: Stroke) {
        if let Some(path) = path.finish() {
            self.surface.set_fill(None);
            self.surface.set_stroke(Some(stroke));
            self.surface.draw_path(&path);
        }
    }
}

fn fill(shade: u8) -> Fill {
    Fill {
        paint: luma::Color::new(shade).into(),
        opacity: NormalizedF32::ONE,
        rule: FillRule::default(),
    }
}

fn point((x, y): (f32, f32)) -> Point {
    Point::from_xy(x * POINTS_PER_MM, y * POINTS_PER_MM)
}
