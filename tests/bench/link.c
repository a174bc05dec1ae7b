/* A line of a given rate and delay between two network namespaces of its own: what a host at the near end (10.77.0.1)
 * and one at the far end (10.77.0.2) see of each other. Needs root and /dev/net/tun, and no queueing discipline of the
 * kernel's.
 *
 * link RATE DELAY: bytes a second and milliseconds, each of one way. Prints the paths of the namespaces, near and far,
 * for nsenter --net=PATH, and serves until its standard input ends.
 *
 * Each way is a queue of 100 ms, as routers have, which drops what does not fit; packets leave it at RATE and arrive
 * DELAY later. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
        LARGEST_PACKET = 2048,
        PACKETS = 8192,
        DEVICE_QUEUE = 5000,
        TICK = 250 * 1000, /* nanoseconds: packets are passed on in groups of so long */
        QUEUE_MILLISECONDS = 100,
};

typedef struct Packet {
        int64_t due; /* nanoseconds */
        size_t length;
        uint8_t bytes[LARGEST_PACKET];
} Packet;

/* One direction. */
typedef struct Way {
        int from, to;
        double rate;
        int64_t delay;
        int64_t idle_from; /* when what is queued will have been sent */
        Packet *packets;   /* a ring: */
        size_t first, count;
} Way;

typedef struct End {
        const char *address;
        int device;
        long thread;
        pthread_barrier_t *is_up;
} End;

static void fail(const char *what) {
        fprintf(stderr, "link: %s: %s\n", what, strerror(errno));
        exit(1);
}

static int64_t now(void) {
        struct timespec time;
        clock_gettime(CLOCK_MONOTONIC, &time);
        return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void set_up(int control, struct ifreq *request) {
        request->ifr_flags = IFF_UP | IFF_RUNNING;
        if (ioctl(control, SIOCSIFFLAGS, request) < 0)
                fail("cannot bring an interface up");
}

static void set_address(int control, struct ifreq *request, unsigned long what, const char *text) {
        struct sockaddr_in address = { .sin_family = AF_INET };
        inet_pton(AF_INET, text, &address.sin_addr);
        memcpy(&request->ifr_addr, &address, sizeof address);
        if (ioctl(control, what, request) < 0)
                fail("cannot set an address");
}

/* Whatever this machine has: figures of two machines shall mean the same. Some allow the first to nobody but the
 * host. */
static void choose_congestion_control(void) {
        int fd = open("/proc/sys/net/ipv4/tcp_congestion_control", O_WRONLY | O_CLOEXEC);
        if (fd < 0 || (write(fd, "cubic", 5) != 5 && write(fd, "reno", 4) != 4))
                fail("cannot choose a congestion control");
        close(fd);
}

/* Makes the namespace of the calling thread, with loopback and the device in it. */
static int make_end(const char *address) {
        struct ifreq loopback = { .ifr_name = "lo" }, tunnel = { .ifr_name = "link", .ifr_flags = IFF_TUN | IFF_NO_PI };
        if (unshare(CLONE_NEWNET) < 0)
                fail("cannot make a network namespace");
        int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), device = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
        if (control < 0 || device < 0 || ioctl(device, TUNSETIFF, &tunnel) < 0)
                fail("cannot make a tunnel device");
        set_address(control, &tunnel, SIOCSIFADDR, address);
        set_address(control, &tunnel, SIOCSIFNETMASK, "255.255.255.0");
        tunnel.ifr_qlen = DEVICE_QUEUE;
        if (ioctl(control, SIOCSIFTXQLEN, &tunnel) < 0)
                fail("cannot set a queue's length");
        set_up(control, &tunnel);
        set_up(control, &loopback);
        choose_congestion_control();
        close(control);
        return device;
}

static __attribute__((noreturn)) void *hold_end(void *context) {
        End *end = context;
        end->thread = syscall(SYS_gettid);
        end->device = make_end(end->address);
        pthread_barrier_wait(end->is_up);
        for (;;)
                pause(); /* the namespace has its path as long as the thread lives */
}

/* Takes a packet in, or drops it where there is no room. False when there was none. */
static int take_in(Way *way) {
        Packet *packet = &way->packets[(way->first + way->count) % PACKETS];
        uint8_t dropped[LARGEST_PACKET];
        int64_t time = now(), start = way->idle_from > time ? way->idle_from : time;
        int has_room = way->count < PACKETS && start - time < QUEUE_MILLISECONDS * INT64_C(1000000);
        ssize_t length = read(way->from, has_room ? packet->bytes : dropped, LARGEST_PACKET);
        if (length <= 0)
                return 0;
        if (has_room) {
                way->idle_from = start + (int64_t)((double)length * 1e9 / way->rate);
                packet->due = way->idle_from + way->delay;
                packet->length = (size_t)length;
                way->count++;
        }
        return 1;
}

/* Passes on what is due; returns how many nanoseconds the next one has, -1 when there is none. */
static int64_t pass_on(Way *way) {
        int64_t time = now();
        while (way->count) {
                const Packet *packet = &way->packets[way->first];
                if (packet->due > time)
                        return packet->due - time;
                (void)!write(way->to, packet->bytes, packet->length); /* what a host has no room for is lost */
                way->first = (way->first + 1) % PACKETS;
                way->count--;
        }
        return -1;
}

static __attribute__((noreturn)) void *run_way(void *context) {
        Way *way = context;
        struct pollfd input = { .fd = way->from, .events = POLLIN };
        for (;;) {
                while (take_in(way))
                        continue;
                int64_t wait = pass_on(way);
                struct timespec tick = { .tv_nsec = TICK }, rest = { wait / 1000000000, wait % 1000000000 };
                if (wait < 0)
                        ppoll(&input, 1, NULL, NULL);
                else if (wait > TICK)
                        ppoll(&input, 1, &rest, NULL);
                nanosleep(&tick, NULL);
        }
}

static void start_way(Way *way, const End *from, const End *to) {
        pthread_t thread;
        way->from = from->device;
        way->to = to->device;
        way->packets = calloc(PACKETS, sizeof *way->packets);
        if (!way->packets || fcntl(way->from, F_SETFL, O_NONBLOCK) < 0 || pthread_create(&thread, NULL, run_way, way))
                fail("cannot begin");
}

int main(int count, char **arguments) {
        if (count != 3) {
                fputs("usage: link RATE DELAY\n", stderr);
                return 2;
        }
        pthread_barrier_t is_up;
        End ends[] = { { .address = "10.77.0.1", .is_up = &is_up }, { .address = "10.77.0.2", .is_up = &is_up } };
        static Way ways[2];
        pthread_barrier_init(&is_up, NULL, 3);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)setpriority(PRIO_PROCESS, 0, -20); /* a line does not wait for a processor; without the right to it, it may */
        for (int i = 0; i < 2; i++) {
                pthread_t thread;
                if (pthread_create(&thread, NULL, hold_end, &ends[i]))
                        fail("cannot begin");
                ways[i].rate = atof(arguments[1]);
                ways[i].delay = (int64_t)(atof(arguments[2]) * 1e6);
        }
        pthread_barrier_wait(&is_up);
        start_way(&ways[0], &ends[0], &ends[1]);
        start_way(&ways[1], &ends[1], &ends[0]);
        for (int i = 0; i < 2; i++)
                printf("/proc/%d/task/%ld/ns/net\n", (int)getpid(), ends[i].thread);
        fflush(stdout);
        char byte;
        while (read(STDIN_FILENO, &byte, 1) > 0)
                continue;
        return 0;
}
