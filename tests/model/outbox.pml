/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The outbox as a model for spin: one message, two programs that both want to carry it, the server, and a killer.
 *
 * Checked: there are never two messages (the assertions); after the trouble has ended, the message is posted or left
 * in the end (settles). Assumed: what becomes of a request is seen by every look that begins a wait after it was
 * sent. NO_INTENT, NO_SECOND_LOOK and NO_LOCK each leave out a part of the protocol, and must end with two messages.
 * tests/model/run.sh checks all this. */

mtype = { NEW, SENT, POSTED, LEFT }      /* the states on record, which survive a kill: as in outbox.h */
mtype = { DONE, UNSENT, REFUSED, DOUBT } /* what comes of a request: as in api.h */

mtype state = NEW

/* The server's: requests on their way, messages that a look may not show yet, and messages that every look shows. */
byte flying, landed, shown
#define messages (landed + shown)

#define NOBODY 255
byte holder = NOBODY /* of the lock; the system takes it from a program that dies */

bool killed[2]
bool calm /* the trouble has ended: from now on nobody is killed, and no request is lost or refused */

#define settled (state == POSTED || state == LEFT)

ltl settles { [] (calm -> <> settled) }

/* One transaction. */
inline record(new)
{
    atomic { state = new; assert(state != POSTED || messages == 1) }
}

inline carry_out()
{
    flying--;
    landed++;
    assert(messages <= 1)
}

/* What landed only now may be seen or not. */
inline look()
{
    if
    :: messages > 0 -> found = true
    :: shown == 0 -> found = false
    fi
}

/* As long as it takes. Nobody else sends meanwhile, for the lock is held. */
inline wait()
{
    flying == 0 && landed == 0
}

/* In doubt are a time-out, an error, and nonsense, whatever becomes of the request. */
inline hear()
{
    atomic {
        if
        :: flying > 0 -> carry_out(); came = DONE
        :: flying > 0 && !calm -> flying--; came = UNSENT
        :: flying > 0 && !calm -> flying--; came = REFUSED
        :: came = DOUBT
        fi
    }
}

inline send()
{
#ifndef NO_INTENT
    record(SENT);
#endif
    looked = false;
    flying++;
    hear();
    if
    :: came == DONE -> record(POSTED)
    :: came == DOUBT -> record(SENT)
    :: came == UNSENT || came == REFUSED -> record(NEW)
    :: came == REFUSED -> record(LEFT)
    fi
}

/* One step, as outbox_step(). What is new may be looked for: it was posted before, and the record is lost. */
inline step()
{
    if
    :: look()
    :: state == NEW -> found = false
    fi;
    if
    :: found -> record(POSTED)
    :: !found && state == NEW -> send()
#ifndef NO_SECOND_LOOK
    :: !found && state == SENT && !looked -> looked = true; wait()
    :: !found && state == SENT && looked -> record(NEW) /* it came to nothing */
#else
    :: !found && state == SENT -> wait(); record(NEW)
#endif
    :: !found && !calm -> record(LEFT) /* it is too late, or there is nobody to answer */
    fi
}

active [2] proctype program()
{
    bool looked, found;
    mtype came;
start:
    looked = false;
    {
#ifndef NO_LOCK
        atomic { holder == NOBODY -> holder = _pid };
#endif
        do
        :: settled -> break
        :: else -> step()
        od;
        holder = NOBODY
    } unless {
        atomic {
            killed[_pid] -> killed[_pid] = false;
            if
            :: holder == _pid -> holder = NOBODY
            :: else
            fi;
            goto start
        }
    }
}

/* Carries out, loses and shows, whenever it likes. */
active proctype server()
{
end:
    do
    :: atomic { flying > 0 && !calm -> flying-- }
    :: atomic { flying > 0 -> carry_out() }
    :: atomic { landed > 0 -> landed--; shown++ }
    od
}

active proctype killer()
{
    do
    :: killed[0] = true
    :: killed[1] = true
    :: calm = true; break
    od
}
