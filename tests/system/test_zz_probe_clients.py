import asyncio,time,collections,threading
from tests.system.test_websockets import *
def test_x(secure,sockets):
    slow=[]
    def one(k):
      for n in range(60):
        t=time.monotonic()
        way=WAYS[n%2]
        try:
            with talk(secure, way, f"v{k}-{n}") as s:
                say(s)
                if n%3==0: s.socket.shutdown(SHUT_RDWR)
                elif n%3==1: s.socket.close()
        except Exception as e: print(way,n,repr(e), time.monotonic()-t)
        d=time.monotonic()-t
        if d>1: print("slow",way,n,d)
    ts=[threading.Thread(target=one,args=(k,)) for k in range(6)]
    [t.start() for t in ts];[t.join() for t in ts]
