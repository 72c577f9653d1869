//! Where a process or a connection is: on this machine's network, or inside a network namespace.

use std::fs::File;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// A network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Network {
    /// That of the test.
    Here,
    /// A namespace that `ip netns` made, by its name.
    Namespace(String),
}

impl Network {
    /// A command that runs in it, with nothing of the test's environment.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = match self {
            Self::Here => Command::new(program),
            Self::Namespace(name) => {
                // It becomes the program, so that the child's id is the program's.
                let mut command = Command::new("ip");
                command.args(["netns", "exec", name]).arg(program);
                command
            }
        };
        command.env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }

    /// Connects from there.
    pub(crate) fn connect(&self, to: SocketAddr, within: Duration) -> io::Result<TcpStream> {
        self.inside(|| TcpStream::connect_timeout(&to, within))
    }

    /// Listens there.
    pub(crate) fn listen(&self, at: SocketAddr) -> io::Result<TcpListener> {
        self.inside(|| TcpListener::bind(at))
    }

    /// A socket for UDP there, at an address and port of the system's choice where `at` leaves it that.
    pub(crate) fn datagrams(&self, at: SocketAddr) -> io::Result<UdpSocket> {
        self.inside(|| UdpSocket::bind(at))
    }

    /// A socket belongs to the network in which it was made, and a thread may change its network alone: so the
    /// test's own stays where it is.
    fn inside<T: Send>(&self, make: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        let Self::Namespace(name) = self else {
            return make();
        };
        std::thread::scope(|scope| {
            let maker = scope.spawn(move || {
                let namespace = File::open(Path::new("/run/netns").join(name))?;
                move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
                make()
            });
            maker.join().expect("making a socket does not panic")
        })
    }
}
