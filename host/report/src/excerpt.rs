//! What of a text is shown with a diagnostic: the lines that its places are on, cut around
//! the places, with everything that a terminal would obey written out. However large the
//! text and however long its lines are, an excerpt is small. How it is drawn with carets
//! is not known here.

use std::ops::Range;

use orch_model::Place;

use crate::escape::{is_dangerous, push_visible};

/// Places that are shown of one diagnostic.
const MOST_PLACES: usize = 32;
/// Lines between two places beyond which they get excerpts of their own.
const FARTHEST_LINES: usize = 1000;
/// Lines between two places up to which those lines are shown too.
const SHOWN_BETWEEN: usize = 2;
/// Longest label, in characters.
const LONGEST_LABEL: usize = 200;

/// Where the lines of a text begin.
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    is_ascii: bool,
}

/// Some lines of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Excerpt {
    /// The number of the first line, from 1.
    pub first_line: usize,
    /// Where the location line points: line and column in characters, both from 1.
    pub location: (usize, usize),
    /// The lines as they are shown.
    pub text: String,
    /// What is marked in `text`.
    pub marks: Vec<Mark>,
}

/// A marked piece of an excerpt.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Bytes of the excerpt's text; never more than one line.
    pub span: Range<usize>,
    /// What stands there; may be empty.
    pub label: String,
    /// Whether it is the diagnostic's first place.
    pub is_first: bool,
}

/// A place of a diagnostic, inside the text and on one line.
struct Spot<'a> {
    line: usize,
    span: Range<usize>,
    place: &'a Place,
    is_first: bool,
}

impl Excerpt {
    /// The number of the last line.
    pub fn last_line(&self) -> usize {
        // Every line of the text ends with a break.
        self.first_line + self.text.matches('\n').count() - 1
    }
}

impl<'a> Lines<'a> {
    /// Finds the lines of a text.
    pub fn new(text: &'a str) -> Self {
        let behind_breaks = text.match_indices('\n').map(|(offset, _)| offset + 1);
        Self {
            text,
            starts: std::iter::once(0).chain(behind_breaks).collect(),
            is_ascii: text.is_ascii(),
        }
    }

    /// The line and column of an offset, both from 1; the column in characters.
    pub fn location(&self, offset: usize) -> (usize, usize) {
        let offset = self.inside(offset);
        let line = self.line_of(offset);
        let before = &self.text[self.starts[line]..offset];
        // Counting the characters of one long line for each of many problems takes minutes.
        let column = match self.is_ascii {
            true => before.len(),
            false => before.chars().count(),
        };
        (line + 1, column + 1)
    }

    /// The excerpts for places; the first holds the first place. `radius` is how many
    /// characters are shown at most on each side of a place.
    pub fn excerpts(&self, places: &[Place], radius: usize) -> Vec<Excerpt> {
        let mut spots: Vec<Spot<'_>> = places
            .iter()
            .take(MOST_PLACES)
            .enumerate()
            .map(|(index, place)| self.spot(place, index == 0, radius))
            .collect();
        spots.sort_by_key(|spot| (spot.line, spot.span.start));
        let mut excerpts: Vec<Excerpt> = spots
            .chunk_by(|before, after| after.line - before.line <= FARTHEST_LINES)
            .map(|near| self.excerpt(near, radius))
            .collect();
        let with_first = |excerpt: &Excerpt| excerpt.marks.iter().any(|mark| mark.is_first);
        excerpts.sort_by_key(|excerpt| !with_first(excerpt));
        excerpts
    }

    fn excerpt(&self, spots: &[Spot<'_>], radius: usize) -> Excerpt {
        let mut text = String::new();
        let mut marks = Vec::new();
        let first_line = spots[0].line;
        let mut next_line = first_line;
        for on_line in spots.chunk_by(|left, right| left.line == right.line) {
            let line = on_line[0].line;
            let between = line - next_line;
            for skipped in next_line..line {
                // Lines that are not shown stand as empty ones, to keep the count.
                if between <= SHOWN_BETWEEN {
                    let start = self.range(skipped).start;
                    let piece = self.around(&(start..start), &self.range(skipped), radius);
                    self.push_pieces(&mut text, self.range(skipped), &[piece]);
                }
                text.push('\n');
            }
            self.push_marked(&mut text, &mut marks, on_line, radius);
            text.push('\n');
            next_line = line + 1;
        }
        let pointed_at = spots.iter().find(|spot| spot.is_first).unwrap_or(&spots[0]);
        Excerpt {
            first_line: first_line + 1,
            location: self.location(pointed_at.span.start),
            text,
            marks,
        }
    }

    fn push_marked(
        &self,
        text: &mut String,
        marks: &mut Vec<Mark>,
        spots: &[Spot<'_>],
        radius: usize,
    ) {
        let line = self.range(spots[0].line);
        let mut pieces: Vec<Range<usize>> = Vec::new();
        for spot in spots {
            let piece = self.around(&spot.span, &line, radius);
            match pieces.last_mut() {
                Some(last) if piece.start <= last.end => last.end = last.end.max(piece.end),
                _ => pieces.push(piece),
            }
        }
        let places = self.push_pieces(text, line, &pieces);
        let moved = |offset: usize| match places.partition_point(|(old, _)| *old < offset) {
            index if index < places.len() => places[index].1,
            _ => text.len(),
        };
        for spot in spots {
            let mut label = crate::escape::visible(&spot.place.label);
            if let Some((cut, _)) = label.char_indices().nth(LONGEST_LABEL) {
                label.truncate(cut);
                label.push('…');
            }
            marks.push(Mark {
                span: moved(spot.span.start)..moved(spot.span.end),
                label,
                is_first: spot.is_first,
            });
        }
    }

    /// Appends pieces of a line with `…` for what is left out; gives back where each
    /// character went, as pairs of old and new offset.
    fn push_pieces(
        &self,
        text: &mut String,
        line: Range<usize>,
        pieces: &[Range<usize>],
    ) -> Vec<(usize, usize)> {
        let mut places = Vec::new();
        let mut shown_to = line.start;
        for piece in pieces {
            if piece.start > shown_to {
                text.push('…');
            }
            for (offset, c) in self.text[piece.clone()].char_indices() {
                places.push((piece.start + offset, text.len()));
                match c {
                    '\t' => text.push('\t'),
                    c if is_dangerous(c) => push_visible(text, c),
                    c => text.push(c),
                }
            }
            places.push((piece.end, text.len()));
            shown_to = piece.end;
        }
        if shown_to < line.end {
            text.push('…');
        }
        places
    }

    /// The span with `radius` characters on each side, within its line.
    fn around(&self, span: &Range<usize>, line: &Range<usize>, radius: usize) -> Range<usize> {
        let before = &self.text[line.start..span.start];
        let start = match before.char_indices().rev().take(radius).last() {
            Some((offset, _)) => line.start + offset,
            None => span.start,
        };
        start..self.forward(span.end, line.end, radius)
    }

    /// The offset `count` characters behind `from`, at most `end`.
    fn forward(&self, from: usize, end: usize, count: usize) -> usize {
        match self.text[from..end].char_indices().nth(count) {
            Some((offset, _)) => from + offset,
            None => end,
        }
    }

    fn spot<'p>(&self, place: &'p Place, is_first: bool, longest: usize) -> Spot<'p> {
        let start = self.inside(place.span.start);
        let line = self.line_of(start);
        let range = self.range(line);
        // A place may begin on the line break itself.
        let start = start.min(range.end);
        // One that goes on over several lines is marked on its first one only.
        let end = self.inside(place.span.end).clamp(start, range.end);
        let end = end.min(self.forward(start, range.end, longest));
        Spot {
            line,
            span: start..end,
            place,
            is_first,
        }
    }

    /// The nearest offset that is inside the text and between two characters.
    fn inside(&self, offset: usize) -> usize {
        self.text.floor_char_boundary(offset)
    }

    fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset) - 1
    }

    /// A line without its line break.
    fn range(&self, line: usize) -> Range<usize> {
        let start = self.starts[line];
        let end = match self.starts.get(line + 1) {
            Some(next) => next - 1,
            None => self.text.len(),
        };
        let without_return = self.text[start..end].strip_suffix('\r');
        start..without_return.map_or(end, |line| start + line.len())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(span: Range<usize>) -> Place {
        Place {
            span,
            label: String::new(),
        }
    }

    #[test]
    fn a_long_line_is_cut_around_its_places() {
        let text = format!(
            "{}KEY{}VALUE{}\n",
            "a".repeat(5000),
            "b".repeat(5000),
            "c".repeat(5000)
        );
        let places = [place(10_003..10_008), place(5000..5003)];
        let excerpts = Lines::new(&text).excerpts(&places, 4);
        assert_eq!(excerpts.len(), 1);
        let excerpt = &excerpts[0];
        // The place itself is no longer than the radius either.
        assert_eq!(excerpt.text, "…aaaaKEYbbbb…bbbbVALUEccc…\n");
        assert_eq!(excerpt.location, (1, 10_004));
    }

    #[test]
    fn far_places_get_excerpts_of_their_own_and_the_first_place_comes_first() {
        let text = "x = 1\n".repeat(5000);
        let excerpts = Lines::new(&text).excerpts(&[place(24_000..24_001), place(0..1)], 40);
        let locations: Vec<_> = excerpts.iter().map(|excerpt| excerpt.location).collect();
        assert_eq!(locations, [(4001, 1), (1, 1)]);
    }

    proptest! {
        #[test]
        fn any_places_in_any_text_give_marks_on_whole_characters(
            text in "[a-c\n\r\tä漢\u{1b}]{0,60}",
            spans in proptest::collection::vec((0_usize..200, 0_usize..200), 1..6),
            radius in 1_usize..20,
        ) {
            let places: Vec<Place> = spans.into_iter().map(|(start, end)| place(start..end)).collect();
            let excerpts = Lines::new(&text).excerpts(&places, radius);
            let marks: usize = excerpts.iter().map(|excerpt| excerpt.marks.len()).sum();
            prop_assert_eq!(marks, places.len());
            for excerpt in &excerpts {
                for mark in &excerpt.marks {
                    prop_assert!(!excerpt.text[mark.span.clone()].contains('\n'));
                }
                prop_assert!(!excerpt.text.chars().any(|c| is_dangerous(c) && c != '\n' && c != '\t'));
            }
        }
    }
}
