//! What could not be read, and which mistakes may only follow from that.

use crate::sim::complaint::{Complaint, Path};

use super::document::Document;

/// The sections to whose entries others refer, with the fields that say who is there.
const DECLARING: [(&str, &[&str]); 3] = [
    ("nodes", &["name", "count", "zones"]),
    ("systems", &["name"]),
    ("workloads", &["name"]),
];

/// What has further names within an entry: the topics of a system.
const DECLARING_WITHIN: (&str, &str, &[&str]) = ("systems", "topics", &["name", "partitions"]);

/// The sections of which nobody knows all that they declare.
pub(super) struct Gaps(Vec<Path>);

impl Gaps {
    pub fn of(document: &Document) -> Self {
        let sections = DECLARING.into_iter().filter_map(|(section, fields)| {
            let path = Path::root().field(section);
            lacks_names(document, section, &path, fields).then_some(path)
        });
        Self(sections.collect())
    }

    /// Whether a complaint may only follow from what could not be read.
    pub fn explain(&self, document: &Document, complaint: &Complaint) -> bool {
        let related = complaint.related.iter().map(|(path, _)| path);
        let mut places = std::iter::once(&complaint.at).chain(related);
        places.any(|path| document.is_unread(path))
            || complaint
                .rests_on
                .iter()
                .any(|path| self.hide(document, path))
    }

    fn hide(&self, document: &Document, path: &Path) -> bool {
        let declares = DECLARING
            .iter()
            .any(|(section, _)| *path == Path::root().field(section));
        if declares {
            self.0.contains(path)
        } else {
            document.is_unread(path)
        }
    }
}

/// Whether some entry of a list may declare what nobody could read.
fn lacks_names(document: &Document, section: &str, list: &Path, fields: &[&str]) -> bool {
    let Some(len) = document.whole_list_len(list) else {
        // A list that is absent, though it may be, declares nothing.
        return document.is_unread(list);
    };
    (0..len).map(|i| list.index(i)).any(|entry| {
        let (owner, inner, inner_fields) = DECLARING_WITHIN;
        fields.iter().any(|f| document.is_unread(&entry.field(f)))
            || (section == owner && lacks_names(document, inner, &entry.field(inner), inner_fields))
    })
}
