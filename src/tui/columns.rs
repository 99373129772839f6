//! The columns of the process table: which there are, and which of them fit. Asked by the view, and by who counts what only
//! one of them shows.

use super::model::Model;
use super::model::table::Item;
use super::order::SortBy;
use super::tree;
use super::view::pen::text_width;

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the meaning; `Levels` is how many errors and warnings")]
pub enum Column {
    Name,
    Pid,
    Cpu,
    History,
    Memory,
    Threads,
    Health,
    Uptime,
    Restarts,
    Levels,
    State,
}

use Column as C;

/// In the order of the screen.
const COLUMNS: [Column; 11] = [
    C::Name,
    C::Pid,
    C::Cpu,
    C::History,
    C::Memory,
    C::Threads,
    C::Health,
    C::Uptime,
    C::Restarts,
    C::Levels,
    C::State,
];
/// In the order in which they go when there is no room: first what another place shows as well (the details draw the history, the
/// title of a log counts its levels), then words and numbers by how much they tell at a glance.
const DROPPED: [Column; 9] =
    [C::History, C::Levels, C::Health, C::Pid, C::Threads, C::Restarts, C::Uptime, C::Memory, C::Cpu];
/// Bar, glyph and a space.
const GUTTER: u16 = 3;

impl Column {
    const fn width(self) -> u16 {
        match self {
            Self::Name | Self::State => 0,
            Self::Pid | Self::Levels => 7,
            Self::Cpu | Self::Memory => 5,
            Self::History => 10,
            Self::Threads | Self::Uptime => 4,
            Self::Health => 9,
            Self::Restarts => 3,
        }
    }

    /// It is given up for a state that would get fewer cells than this.
    const fn leaves_to_state(self) -> u16 {
        match self {
            // Only for one that would not show a word.
            Self::Cpu | Self::Memory => 8,
            // A stop shows its stages as a bar in so many.
            Self::History => 43,
            // The word of most states with its reason, and the time that is left to a stage.
            Self::Name
            | Self::Pid
            | Self::Threads
            | Self::Health
            | Self::Uptime
            | Self::Restarts
            | Self::Levels
            | Self::State => 18,
        }
    }

    /// Stands above it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Pid => "PID",
            Self::Cpu => "CPU%",
            Self::History => "10 s",
            Self::Memory => "MEM",
            Self::Threads => "THR",
            Self::Health => "HEALTH",
            Self::Uptime => "UP",
            Self::Restarts => "RST",
            Self::Levels => "E/W",
            Self::State => "STATE",
        }
    }

    /// It is read down from the right.
    pub const fn is_figure(self) -> bool {
        matches!(
            self,
            Self::Pid | Self::Cpu | Self::Memory | Self::Threads | Self::Uptime | Self::Restarts | Self::Levels
        )
    }

    /// The order it stands for.
    pub const fn sorted_by(self) -> Option<SortBy> {
        match self {
            Self::Name => Some(SortBy::Name),
            Self::Pid => Some(SortBy::Pid),
            Self::Cpu => Some(SortBy::Cpu),
            Self::Memory => Some(SortBy::Memory),
            Self::Uptime => Some(SortBy::Time),
            Self::Restarts => Some(SortBy::Restarts),
            Self::Levels => Some(SortBy::Levels),
            Self::State => Some(SortBy::State),
            Self::History | Self::Threads | Self::Health => None,
        }
    }
}

/// Columns with their places: where each begins, and where it ends, counted from the left edge.
#[derive(Clone, Debug)]
pub struct Columns(pub Vec<(Column, u16, u16)>);

impl Columns {
    /// There is room for it.
    pub fn contains(&self, wanted: Column) -> bool {
        self.0.iter().any(|(column, ..)| *column == wanted)
    }
}

/// The columns that fit into `width`, each with its place.
pub fn fit(width: u16, longest_name: u16) -> Columns {
    let mut columns = COLUMNS.to_vec();
    let name = longest_name.clamp(8, 24).min(width / 3);
    let taken = |columns: &[Column]| {
        let fixed = columns.iter().filter(|c| c.width() > 0).map(|c| c.width() + 1).sum::<u16>();
        GUTTER + name + 1 + fixed
    };
    for dropped in DROPPED {
        let least = dropped.leaves_to_state();
        if taken(&columns) + least > width {
            columns.retain(|column| *column != dropped);
        }
    }
    let mut x = GUTTER;
    let placed = columns.into_iter().map(|column| {
        let end = match column {
            C::Name => x + name,
            C::State => width.max(x),
            C::Pid | C::Cpu | C::History | C::Memory | C::Threads | C::Health | C::Uptime | C::Restarts | C::Levels => {
                x + column.width()
            }
        };
        let place = (column, x, end);
        x = end + 1;
        place
    });
    Columns(placed.collect())
}

/// The longest name in view, so that one long name elsewhere does not take room here.
pub fn longest_name(model: &Model) -> u16 {
    let in_view = model.table.items.iter().skip(model.table.first).take(usize::from(model.height));
    let width = |item: &Item| match item {
        Item::Process(row) => model.snapshot.rows.get(*row).map(|row| text_width(row.name().as_str())),
        Item::Child(row, child) => {
            let tree = model.snapshot.rows.get(*row).map(|row| &row.tree).filter(|tree| *child < tree.len());
            tree.map(|tree| tree::indent(tree, *child) + text_width(&tree[*child].name))
        }
    };
    in_view.filter_map(width).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns of a table so wide, by their titles, and what is left to the state.
    fn columns(width: u16, longest_name: u16) -> (Vec<&'static str>, u16) {
        let Columns(placed) = fit(width, longest_name);
        let state = placed.last().map_or(0, |(_, start, end)| end - start);
        (placed.into_iter().map(|(column, ..)| column.title()).collect(), state)
    }

    #[test]
    fn the_figures_stay_longer_than_what_is_drawn_beside_them() {
        let figures = ["NAME", "PID", "CPU%", "MEM", "THR", "HEALTH", "UP", "RST", "STATE"];
        // A small screen, and beside the log on a wide one the longest name.
        for (width, name, state) in [(80, 12, 20), (92, 24, 20)] {
            assert_eq!(columns(width, name), (figures.to_vec(), state), "{width} {name}");
        }
        for (width, name) in [(92, 12), (100, 12), (100, 24), (120, 24)] {
            let (shown, state) = columns(width, name);
            assert!(figures.iter().all(|title| shown.contains(title)) && shown.contains(&"E/W"), "{shown:?}");
            assert!(!shown.contains(&"10 s") && state >= 18, "{shown:?} {state}");
        }
        assert_eq!(columns(122, 12).0.len(), COLUMNS.len());
    }

    #[test]
    fn what_has_no_room_goes_in_its_order() {
        let all = |width| columns(width, 12).0;
        assert_eq!(all(70), ["NAME", "PID", "CPU%", "MEM", "THR", "UP", "RST", "STATE"]);
        assert_eq!(all(60), ["NAME", "CPU%", "MEM", "THR", "UP", "RST", "STATE"]);
        assert_eq!(all(56), ["NAME", "CPU%", "MEM", "UP", "RST", "STATE"]);
        assert_eq!(all(40), ["NAME", "CPU%", "MEM", "STATE"]);
    }
}
